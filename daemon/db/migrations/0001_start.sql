-- Folders and files of the library. A raw name is text when it is valid UTF-8 (as on disk, not normalised),
-- else the bytes themselves; `path` and `name` are for display: NFC.
create table folders (
  id integer primary key,
  path_raw any not null unique,
  path text not null,
  device integer
) strict;

create table files (
  -- An id is never given twice: journal and audit trail name files long after they are gone.
  id integer primary key autoincrement,
  folder_id integer not null references folders (id),
  name_raw any not null,
  name text not null,
  path text not null,
  kind text not null check (kind in ('music', 'video', 'companion')),
  extension text not null,
  size_bytes integer not null,
  mtime_ms real not null,
  inode integer not null,
  device integer not null,
  sha256 text,
  first_seen_at integer not null,
  changed_at integer not null,
  missing_since integer,
  -- Kept by triggers after `derived_states`; null for a file that is merely discovered, and for companions.
  state text,
  unique (folder_id, name_raw)
) strict;
-- One index per sort of the list, with what it filters by at the end: a page is found without reading a row. The last
-- two count what a filter leaves, and find it when it is little.
create index files_by_path on files (path, id, kind, state, missing_since);
create index files_by_size on files (size_bytes, id, kind, state, missing_since);
create index files_by_id on files (id, kind, state, missing_since);
create index files_by_state on files (state, kind, missing_since);
create index files_by_kind on files (kind, missing_since);
create index files_by_inode on files (inode, size_bytes);
create index files_by_sha256 on files (sha256) where sha256 is not null;

create virtual table files_fts using fts5 (
  words, content = '', contentless_delete = 1, detail = none, prefix = '1 2 3 4 5 6 7 8 9 10',
  tokenize = 'unicode61 remove_diacritics 2'
);
create trigger files_fts_gone after delete on files begin
  delete from files_fts where rowid = old.id;
end;

create table scan_batches (
  id integer primary key,
  root text not null,
  status text not null check (status in ('running', 'completed', 'failed', 'cancelled')),
  reason text,
  started_at integer not null,
  finished_at integer,
  folders integer not null default 0,
  files_seen integer not null default 0,
  files_new integer not null default 0,
  files_changed integer not null default 0,
  files_moved integer not null default 0,
  files_missing integer not null default 0,
  files_returned integer not null default 0,
  files_settling integer not null default 0,
  skipped text not null default '{}' check (json_valid(skipped)),
  error text
) strict;

-- One row per stage and file, made when the stage may run: queue and status at once. No row: it waits for its needs.
create table runs (
  file_id integer not null references files (id) on delete cascade,
  stage text not null,
  status text not null check (status in ('pending', 'running', 'done', 'failed', 'skipped')),
  stage_version integer not null,
  attempts integer not null default 0,
  due_at integer not null default 0,
  -- 1 for a pending run whose file is missing, kept by triggers: it stays out of the queue until the file is back.
  held integer not null default 0,
  lease_until integer,
  started_at integer,
  finished_at integer,
  duration_ms integer,
  output_digest text,
  error text,
  primary key (file_id, stage)
) strict, without rowid;
create index runs_ready on runs (stage, file_id desc) where status = 'pending' and held = 0 and due_at = 0;
create index runs_retry on runs (stage, due_at) where status = 'pending' and held = 0 and due_at <> 0;
create index runs_pending on runs (stage) where status = 'pending';
create index runs_running on runs (lease_until) where status = 'running';
create index runs_failed on runs (stage, file_id) where status in ('failed', 'skipped');

create table stages (
  name text primary key,
  version integer not null
) strict, without rowid;

create table metadata (
  file_id integer primary key references files (id) on delete cascade,
  artist text,
  title text,
  album text,
  album_artist text,
  year integer,
  track_number integer,
  disc_number integer,
  genre text,
  duration_sec real,
  bitrate_kbps real,
  codec text,
  has_cover integer not null,
  value text not null check (json_valid(value))
) strict;

create table file_companions (
  companion_id integer not null references files (id) on delete cascade,
  file_id integer not null references files (id) on delete cascade,
  basis text not null check (basis in ('stem', 'folder')),
  primary key (companion_id, file_id)
) strict, without rowid;
create index file_companions_by_file on file_companions (file_id, companion_id);

create table proposals (
  id integer primary key autoincrement,
  file_id integer not null unique references files (id) on delete cascade,
  -- The file's path, kept by triggers, so that a sort by it needs no look at the files.
  path text not null default '',
  version integer not null default 1,
  status text not null check (status in ('pending', 'approved', 'rejected', 'executed')),
  kind text not null,
  filename text not null,
  directory text not null,
  confidence real not null,
  engine text not null,
  fields text not null check (json_valid(fields)),
  evidence text not null check (json_valid(evidence)),
  notes text not null check (json_valid(notes)),
  unchanged integer not null,
  destination_key text not null,
  created_at integer not null,
  updated_at integer not null,
  decided_at integer
) strict;
-- As with the files: one index per sort, one that counts what a filter leaves, one from a search's matches.
create index proposals_by_id on proposals (id, file_id, status, kind, unchanged, confidence);
create index proposals_by_confidence on proposals (confidence, id, file_id, status, kind, unchanged);
create index proposals_by_path on proposals (path, id, file_id, status, kind, unchanged, confidence);
create index proposals_by_place on proposals (directory, filename, id, file_id, status, kind, unchanged, confidence);
create index proposals_by_filter on proposals (status, kind, unchanged, confidence, file_id);
create index proposals_by_file on proposals (file_id, status, kind, unchanged, confidence);
create trigger proposal_path_new after insert on proposals begin
  update proposals set path = (select path from files where id = new.file_id) where id = new.id;
end;
create trigger proposal_path_changed after update of path on files when new.path <> old.path begin
  update proposals set path = new.path where file_id = new.id;
end;
create index proposals_by_destination on proposals (destination_key) where status in ('pending', 'approved') and unchanged = 0;

-- A batch of moves (apply) or of moves back (undo), and its journal: one operation per file and companion.
create table batches (
  id integer primary key,
  kind text not null check (kind in ('apply', 'undo')),
  undo_of integer references batches (id),
  status text not null check (status in ('running', 'done', 'partly', 'failed', 'interrupted')),
  created_at integer not null,
  finished_at integer,
  units integer not null,
  bytes integer not null,
  error text
) strict;

create table operations (
  id integer primary key,
  batch_id integer not null references batches (id),
  unit integer not null,
  proposal_id integer,
  file_id integer,
  role text not null check (role in ('media', 'companion')),
  action text not null check (action in ('move', 'copy', 'discard')),
  source_raw any not null,
  dest_raw any not null,
  source text not null,
  dest text not null,
  size_bytes integer not null,
  mtime_ns text not null,
  final_mtime_ns text not null,
  mode integer not null,
  source_device text not null,
  sha256 text,
  temp_device text,
  temp_inode text,
  status text not null check (status in ('planned', 'copied', 'published', 'done', 'failed', 'undone')),
  error text,
  updated_at integer not null
) strict;
create index operations_by_batch on operations (batch_id, unit, id);
create index operations_by_status on operations (batch_id, status, unit, id);
create index operations_by_dest on operations (batch_id, dest_raw);
create index operations_open on operations (batch_id) where status in ('planned', 'copied', 'published');
create index operations_by_file on operations (file_id);

-- Folders a batch made, and the times of folders it touched, so that an undo can restore both.
create table batch_folders (
  batch_id integer not null references batches (id),
  path_raw any not null,
  created integer not null,
  mtime_ns text,
  left_mtime_ns text,
  primary key (batch_id, path_raw)
) strict, without rowid;

create table execution_log (
  id integer primary key,
  at integer not null,
  actor text not null,
  action text not null,
  file_id integer,
  proposal_id integer,
  batch_id integer,
  source text,
  dest text,
  sha256 text,
  detail text not null default '{}' check (json_valid(detail))
) strict;
create index execution_log_by_action on execution_log (action, id);
create index execution_log_by_batch on execution_log (batch_id, id) where batch_id is not null;
create index execution_log_by_batch_action on execution_log (batch_id, action, id) where batch_id is not null;
create index execution_log_by_file on execution_log (file_id, id) where file_id is not null;
create trigger execution_log_no_update before update on execution_log begin
  select raise (abort, 'the audit log is append-only');
end;
create trigger execution_log_no_delete before delete on execution_log begin
  select raise (abort, 'the audit log is append-only');
end;

create table facts (
  name text primary key,
  value text not null
) strict, without rowid;

-- The state of a media file, derived from its runs and its proposal. The one definition; `files.state` follows it.
create view derived_states as
select f.id as file_id,
  case
    when p.status = 'executed' then 'EXECUTED'
    when exists (select 1 from runs r where r.file_id = f.id and r.status = 'failed' and r.stage in ('hash', 'propose')) then 'FAILED'
    when p.status = 'approved' then 'APPROVED'
    when p.status = 'rejected' then 'REJECTED'
    when p.status = 'pending' then 'PROPOSAL_GENERATED'
    when exists (select 1 from metadata m where m.file_id = f.id) then 'METADATA_EXTRACTED'
    else 'DISCOVERED'
  end as state
from files f left join proposals p on p.file_id = f.id
where f.kind <> 'companion';

create trigger states_run_failed after update of status on runs when (new.status = 'failed') <> (old.status = 'failed') begin
  update files set state = nullif(d.state, 'DISCOVERED') from derived_states d
    where d.file_id = new.file_id and files.id = new.file_id and files.state is not nullif(d.state, 'DISCOVERED');
end;
create trigger states_run_new after insert on runs when new.status = 'failed' begin
  update files set state = nullif(d.state, 'DISCOVERED') from derived_states d
    where d.file_id = new.file_id and files.id = new.file_id and files.state is not nullif(d.state, 'DISCOVERED');
end;
create trigger states_run_gone after delete on runs when old.status = 'failed' begin
  update files set state = nullif(d.state, 'DISCOVERED') from derived_states d
    where d.file_id = old.file_id and files.id = old.file_id and files.state is not nullif(d.state, 'DISCOVERED');
end;
create trigger states_metadata_new after insert on metadata begin
  update files set state = nullif(d.state, 'DISCOVERED') from derived_states d
    where d.file_id = new.file_id and files.id = new.file_id and files.state is not nullif(d.state, 'DISCOVERED');
end;
create trigger states_metadata_gone after delete on metadata begin
  update files set state = nullif(d.state, 'DISCOVERED') from derived_states d
    where d.file_id = old.file_id and files.id = old.file_id and files.state is not nullif(d.state, 'DISCOVERED');
end;
create trigger states_proposal_new after insert on proposals begin
  update files set state = nullif(d.state, 'DISCOVERED') from derived_states d
    where d.file_id = new.file_id and files.id = new.file_id and files.state is not nullif(d.state, 'DISCOVERED');
end;
create trigger states_proposal_changed after update of status on proposals begin
  update files set state = nullif(d.state, 'DISCOVERED') from derived_states d
    where d.file_id = new.file_id and files.id = new.file_id and files.state is not nullif(d.state, 'DISCOVERED');
end;
create trigger states_proposal_gone after delete on proposals begin
  update files set state = nullif(d.state, 'DISCOVERED') from derived_states d
    where d.file_id = old.file_id and files.id = old.file_id and files.state is not nullif(d.state, 'DISCOVERED');
end;

-- Counts are kept, not recounted: a number of rows per name and value.
create table counts (
  name text not null,
  value text not null,
  n integer not null,
  primary key (name, value)
) strict, without rowid;

insert into counts values ('kind', 'music', 0), ('kind', 'video', 0), ('kind', 'companion', 0), ('bytes', 'all', 0);

create trigger count_file_new after insert on files begin
  update counts set n = n + 1 where name = 'kind' and value = new.kind;
  update counts set n = n + new.size_bytes where name = 'bytes' and value = 'all';
end;
create trigger count_file_gone after delete on files begin
  update counts set n = n - 1 where name = 'kind' and value = old.kind;
  update counts set n = n - old.size_bytes where name = 'bytes' and value = 'all';
  update counts set n = n - 1 where name = 'missing' and value = old.kind and old.missing_since is not null;
  update counts set n = n - 1 where name = 'state' and value = old.state;
end;
create trigger count_file_size after update of size_bytes on files when new.size_bytes <> old.size_bytes begin
  update counts set n = n + new.size_bytes - old.size_bytes where name = 'bytes' and value = 'all';
end;
create trigger count_file_missing after update of missing_since on files when (new.missing_since is null) <> (old.missing_since is null) begin
  insert into counts values ('missing', new.kind, iif(new.missing_since is null, -1, 1))
    on conflict do update set n = n + iif(new.missing_since is null, -1, 1);
end;
create trigger hold_runs after update of missing_since on files when (new.missing_since is null) <> (old.missing_since is null) begin
  update runs set held = new.missing_since is not null where file_id = new.id and status = 'pending';
end;
create trigger count_run_new after insert on runs begin
  insert into counts values ('run:' || new.stage, new.status, 1) on conflict do update set n = n + 1;
  update runs set held = 1 where file_id = new.file_id and stage = new.stage
    and exists (select 1 from files where id = new.file_id and missing_since is not null);
end;
-- A pending run that is held counts as held.
create trigger hold_run after update of status on runs when new.status = 'pending' and old.status <> 'pending' begin
  update runs set held = not held where file_id = new.file_id and stage = new.stage
    and held <> (select missing_since is not null from files where id = new.file_id);
end;
create trigger count_run_changed after update of status, held on runs
  when iif(new.status = 'pending' and new.held, 'held', new.status) <> iif(old.status = 'pending' and old.held, 'held', old.status) begin
  -- An upsert, for this may come before the row that is counted off: triggers have no order.
  insert into counts values ('run:' || old.stage, iif(old.status = 'pending' and old.held, 'held', old.status), -1)
    on conflict do update set n = n - 1;
  insert into counts values ('run:' || new.stage, iif(new.status = 'pending' and new.held, 'held', new.status), 1)
    on conflict do update set n = n + 1;
end;
create trigger count_run_gone after delete on runs begin
  update counts set n = n - 1 where name = 'run:' || old.stage and value = iif(old.status = 'pending' and old.held, 'held', old.status);
end;
create trigger count_state after update of state on files when new.state is not old.state begin
  update counts set n = n - 1 where name = 'state' and value = old.state;
  insert into counts select 'state', new.state, 1 where new.state is not null on conflict do update set n = n + 1;
end;
create trigger count_proposal_new after insert on proposals begin
  insert into counts values ('proposal', new.status, 1) on conflict do update set n = n + 1;
end;
create trigger count_proposal_changed after update of status on proposals when new.status <> old.status begin
  update counts set n = n - 1 where name = 'proposal' and value = old.status;
  insert into counts values ('proposal', new.status, 1) on conflict do update set n = n + 1;
end;
create trigger count_proposal_gone after delete on proposals begin
  update counts set n = n - 1 where name = 'proposal' and value = old.status;
end;
-- Per batch: operations and their bytes by status.
create trigger count_operation_new after insert on operations begin
  insert into counts values ('operations:' || new.batch_id, new.status, 1) on conflict do update set n = n + 1;
  insert into counts values ('operation bytes:' || new.batch_id, new.status, new.size_bytes) on conflict do update set n = n + new.size_bytes;
end;
create trigger count_operation_changed after update of status on operations when new.status <> old.status begin
  update counts set n = n - 1 where name = 'operations:' || old.batch_id and value = old.status;
  update counts set n = n - old.size_bytes where name = 'operation bytes:' || old.batch_id and value = old.status;
  insert into counts values ('operations:' || new.batch_id, new.status, 1) on conflict do update set n = n + 1;
  insert into counts values ('operation bytes:' || new.batch_id, new.status, new.size_bytes) on conflict do update set n = n + new.size_bytes;
end;
