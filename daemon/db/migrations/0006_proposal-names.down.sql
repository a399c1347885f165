drop table proposal_names;
