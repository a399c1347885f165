-- What an engine stored of a file, as it said after reading it back. "silent": there is nothing to recognise it by.
create table fingerprint_results (
  file_id integer not null references files (id) on delete cascade,
  engine text not null check (engine in ('audfprint', 'panako')),
  outcome text not null check (outcome in ('stored', 'silent')),
  hashes integer not null,
  duration_sec real not null,
  -- 1: longer than a track.
  is_set integer not null,
  -- Hash of all parameters that the fingerprints depend on.
  parameters text not null,
  stored_at integer not null,
  primary key (file_id, engine)
) strict, without rowid;
create index fingerprint_results_by_engine on fingerprint_results (engine, file_id);

-- A stretch of a file (the query) that is a stretch of another (the reference).
create table fingerprint_matches (
  id integer primary key,
  file_id integer not null references files (id) on delete cascade,
  other_id integer not null references files (id) on delete cascade,
  probability real not null,
  -- The engines that found it, the surest first.
  engines text not null check (json_valid(engines)),
  query_start_sec real not null,
  query_end_sec real not null,
  ref_start_sec real not null,
  ref_end_sec real not null,
  -- Tempo and pitch of the query over the reference's.
  tempo_ratio real not null,
  pitch_ratio real not null,
  score real not null,
  reasons text not null check (json_valid(reasons)),
  found_at integer not null
) strict;
create index fingerprint_matches_by_file on fingerprint_matches (file_id, query_start_sec);
create index fingerprint_matches_by_other on fingerprint_matches (other_id, ref_start_sec);

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
    when exists (select 1 from fingerprint_results x where x.file_id = f.id) then 'FINGERPRINTED'
    when exists (select 1 from metadata m where m.file_id = f.id) then 'METADATA_EXTRACTED'
    else 'DISCOVERED'
  end as state
from files f left join proposals p on p.file_id = f.id
where f.kind <> 'companion';

create trigger states_fingerprint_new after insert on fingerprint_results begin
  update files set state = nullif(d.state, 'DISCOVERED') from derived_states d
    where d.file_id = new.file_id and files.id = new.file_id and files.state is not nullif(d.state, 'DISCOVERED');
end;
create trigger states_fingerprint_gone after delete on fingerprint_results begin
  update files set state = nullif(d.state, 'DISCOVERED') from derived_states d
    where d.file_id = old.file_id and files.id = old.file_id and files.state is not nullif(d.state, 'DISCOVERED');
end;
