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
drop table fingerprint_matches;
drop table fingerprint_results;
update files set state = nullif(d.state, 'DISCOVERED') from derived_states d where d.file_id = files.id and files.state = 'FINGERPRINTED';
delete from runs where stage in ('fingerprint-audfprint', 'fingerprint-panako', 'identify');
delete from stages where name in ('fingerprint-audfprint', 'fingerprint-panako', 'identify');
