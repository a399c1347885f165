-- What the fields of each proposal and their alternatives name, folded: by this the files are found that a learned rule
-- speaks of. Filled as proposals are made.
create table proposal_names (
  file_id integer not null references files (id) on delete cascade,
  key text not null,
  primary key (file_id, key)
) strict, without rowid;
create index proposal_names_by_key on proposal_names (key, file_id);
