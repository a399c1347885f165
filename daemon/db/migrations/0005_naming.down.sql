drop table naming_rules;
drop table release_groups;
drop table proposal_edits;
alter table proposals drop column duration_ms;
alter table proposals drop column prompt;
alter table proposals drop column model;
alter table proposals drop column alternatives;
alter table proposals drop column sureness;
