-- What is known of a file's sound: what can be filtered and sorted by. The full results are in `analysis_results`.
create table analysis (
  file_id integer primary key references files (id) on delete cascade,
  duration_sec real,
  coverage real,
  corrupt_frames integer,
  bpm real,
  bpm_confidence real,
  key text,
  scale text,
  camelot text,
  key_strength real,
  loudness_lufs real,
  true_peak_db real,
  danceability real,
  mood text check (json_valid(mood)),
  style text check (json_valid(style)),
  updated_at integer not null
) strict;

-- The result of one stage with its time series: JSON, deflated.
create table analysis_results (
  file_id integer not null references files (id) on delete cascade,
  stage text not null,
  result blob not null,
  primary key (file_id, stage)
) strict, without rowid;

-- Values set by a person: they win over what is measured, and no stage touches them.
create table analysis_by_person (
  file_id integer primary key references files (id) on delete cascade,
  value text not null check (json_valid(value)),
  set_at integer not null
) strict;

drop view derived_states;
create view derived_states as
select f.id as file_id,
  case
    when p.status = 'executed' then 'EXECUTED'
    when exists (select 1 from runs r where r.file_id = f.id and r.status = 'failed' and r.stage in ('hash', 'propose')) then 'FAILED'
    when p.status = 'approved' then 'APPROVED'
    when p.status = 'rejected' then 'REJECTED'
    when p.status = 'pending' then 'PROPOSAL_GENERATED'
    when exists (select 1 from analysis a where a.file_id = f.id) then 'ANALYZED'
    when exists (select 1 from metadata m where m.file_id = f.id) then 'METADATA_EXTRACTED'
    else 'DISCOVERED'
  end as state
from files f left join proposals p on p.file_id = f.id
where f.kind <> 'companion';

create trigger states_analysis_new after insert on analysis begin
  update files set state = nullif(d.state, 'DISCOVERED') from derived_states d
    where d.file_id = new.file_id and files.id = new.file_id and files.state is not nullif(d.state, 'DISCOVERED');
end;
create trigger states_analysis_gone after delete on analysis begin
  update files set state = nullif(d.state, 'DISCOVERED') from derived_states d
    where d.file_id = old.file_id and files.id = old.file_id and files.state is not nullif(d.state, 'DISCOVERED');
end;

-- What else a stage's results depend on besides its version, such as a set of models.
alter table stages add column basis text not null default '';
