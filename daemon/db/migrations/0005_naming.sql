-- How sure each field of a proposal is, what other places say, and what the model's look was made with.
alter table proposals add column sureness text not null default '{}' check (json_valid(sureness));
alter table proposals add column alternatives text not null default '{}' check (json_valid(alternatives));
alter table proposals add column model text;
alter table proposals add column prompt text;
alter table proposals add column duration_ms integer;

-- What a person set for one file: wins over all evidence, and survives every new proposal. Empty: stays empty.
create table proposal_edits (
  file_id integer not null references files (id) on delete cascade,
  field text not null,
  value text not null,
  actor text not null,
  set_at integer not null,
  primary key (file_id, field)
) strict, without rowid;

-- Release groups by their files' names, with the order of day and month that a name shows ('dm', 'md'; null: none).
create table release_groups (
  file_id integer primary key references files (id) on delete cascade,
  name text not null,
  date_order text check (date_order in ('dm', 'md'))
) strict;
create index release_groups_by_name on release_groups (name, date_order, file_id);

-- What was learned from such edits, for like files. A revoked rule stays, so that it can be taken up again.
create table naming_rules (
  id integer primary key,
  kind text not null check (kind in ('spelling', 'alias', 'folder', 'date-order', 'source')),
  field text not null,
  -- Where it holds: empty for the whole library, `folder:PATH` or `group:NAME`.
  scope text not null,
  -- The value it changes, folded; empty for a field that is empty.
  matches text not null,
  -- The same as it was written, for people.
  before text not null,
  value text not null,
  file_id integer references files (id) on delete set null,
  actor text not null,
  created_at integer not null,
  active integer not null default 1
) strict;
create unique index naming_rules_by_match on naming_rules (kind, field, scope, matches);
