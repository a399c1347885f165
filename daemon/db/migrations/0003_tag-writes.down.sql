-- The bytes that turn files back are kept here alone: while some are needed, this step is refused.
create temp table standing (
  n integer,
  constraint "tags were written that can still be taken back (phaze tags undo): do that first" check (n = 0)
);
insert into standing select count(*) from tag_writes where status in ('planned', 'written')
  or (status = 'done' and undo_of is null);
drop table standing;
drop table tag_writes;
drop table tag_batches;
