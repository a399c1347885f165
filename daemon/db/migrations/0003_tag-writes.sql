-- Tags written into files on request, and the way back. A batch is one request; a row is one file of it.
create table tag_batches (
  id integer primary key,
  kind text not null check (kind in ('write', 'undo')),
  undo_of integer references tag_batches (id),
  status text not null check (status in ('running', 'done', 'partly', 'failed', 'interrupted')),
  actor text not null,
  -- Files that were asked for; a row is only made for one that is written or refused.
  files integer not null,
  created_at integer not null,
  finished_at integer,
  error text
) strict;
create index tag_batches_by_undo on tag_batches (undo_of) where undo_of is not null;

create table tag_writes (
  id integer primary key,
  batch_id integer not null references tag_batches (id),
  file_id integer not null,
  -- For an undo: the write that it takes back.
  undo_of integer references tag_writes (id),
  path_raw any not null,
  path text not null,
  -- [{field, old, new, action}]
  changes text not null check (json_valid(changes)),
  -- The file as it was, so that after a crash nothing but it is touched.
  device text not null,
  inode text not null,
  size_before integer not null,
  mtime_before_ns text not null,
  sha_before text not null,
  -- The hidden copy, and with it the file afterwards.
  inode_after text,
  size_after integer,
  mtime_after_ns text,
  sha_after text,
  -- The raw bytes that gave way, with their places: turns the file back into the one with `sha_before`.
  before_raw blob,
  before_kind text,
  status text not null check (status in ('planned', 'written', 'done', 'failed', 'undone')),
  reason text,
  created_at integer not null,
  updated_at integer not null
) strict;
create index tag_writes_by_batch on tag_writes (batch_id, status, id);
create index tag_writes_by_file on tag_writes (file_id, id);
create index tag_writes_open on tag_writes (id) where status in ('planned', 'written');
