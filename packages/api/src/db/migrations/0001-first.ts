import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const statements = `
create table account (
  id uuid primary key,
  email text not null unique check (email = lower(email)),
  name text not null,
  is_admin boolean not null default false,
  role text check (role in ('trained_user', 'instrument_manager')),
  status text not null check (status in ('invited', 'active', 'disabled')),
  created_at timestamptz not null
);

create table auth_session (
  id_hash text primary key,
  account_id uuid not null references account on delete cascade,
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null
);
create index on auth_session (account_id);

create table instrument (
  id uuid primary key,
  name text not null,
  vendor text not null default '',
  models text[] not null default '{}',
  visibility text not null check (visibility in ('public', 'restricted')),
  description text not null default '',
  trained_may_upload boolean not null default false,
  index_version bigint not null default 0,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz
);

create table access_grant (
  id uuid primary key,
  account_id uuid not null references account on delete cascade,
  instrument_id uuid not null references instrument,
  role text not null check (role in ('trained_user', 'instrument_manager')),
  status text not null check (status in ('active', 'revoked')),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (account_id, instrument_id)
);
create index on access_grant (instrument_id);

create table folder (
  id uuid primary key,
  instrument_id uuid not null references instrument,
  name text not null,
  parent_id uuid references folder,
  created_at timestamptz not null
);
create index on folder (instrument_id);

create table conversation (
  id uuid primary key,
  viewer_key text not null,
  instrument_id uuid not null references instrument,
  title text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz
);
create index on conversation (viewer_key, updated_at);

create table source (
  id uuid primary key,
  instrument_id uuid not null references instrument,
  folder_id uuid references folder on delete set null,
  conversation_id uuid references conversation,
  type text not null check (type in ('pdf', 'video', 'image', 'note', 'url', 'office')),
  title text not null,
  category text check (category in ('manual', 'protocol', 'sop', 'troubleshooting', 'training', 'maintenance')),
  description text not null default '',
  version text not null default '',
  model_tags text[] not null default '{}',
  storage_uri text not null default '',
  status text not null check (status in ('uploaded', 'processing', 'parsed', 'embedded', 'approved', 'archived', 'rejected')),
  status_detail text,
  auto_approve boolean not null default false,
  current_version_id uuid,
  progress_done int not null default 0,
  progress_total int not null default 0,
  created_by uuid references account on delete set null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  archived_at timestamptz,
  deleted_at timestamptz
);
create index on source (instrument_id, created_at desc, id desc);

create table source_version (
  id uuid primary key,
  source_id uuid not null references source,
  ordinal int not null,
  blob_key text not null unique,
  filename text not null,
  media_type text not null,
  size bigint not null,
  sha256 text not null,
  current_reading_id uuid,
  created_by uuid references account on delete set null,
  created_at timestamptz not null,
  unique (source_id, ordinal)
);
create index on source_version (sha256);
alter table source add foreign key (current_version_id) references source_version deferrable initially deferred;

create table reading (
  id uuid primary key,
  version_id uuid not null references source_version,
  reader text not null,
  reader_version int not null,
  segment bytea,
  published_at timestamptz,
  created_at timestamptz not null
);
create index on reading (version_id);
alter table source_version add foreign key (current_reading_id) references reading deferrable initially deferred;

create table unit (
  reading_id uuid not null references reading on delete cascade,
  ordinal int not null,
  text text not null,
  places bytea not null,
  primary key (reading_id, ordinal)
);

create table fragment (
  id uuid primary key,
  reading_id uuid not null references reading on delete cascade,
  ordinal int not null,
  heading text not null,
  kind text not null check (kind in ('prose', 'table', 'code')),
  text text not null,
  ranges jsonb not null,
  segments jsonb not null,
  embed_hash text not null,
  unique (reading_id, ordinal)
);

create table embedding (
  model text not null,
  embed_hash text not null,
  vector bytea not null,
  primary key (model, embed_hash)
);

create table upload (
  id uuid primary key,
  account_id uuid not null references account on delete cascade,
  instrument_id uuid references instrument,
  filename text not null,
  content_type text not null,
  size bigint,
  blob_key text not null unique,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  completed_at timestamptz,
  source_id uuid references source,
  version_id uuid references source_version
);

create table user_turn (
  id uuid primary key,
  conversation_id uuid not null references conversation,
  viewer_key text not null,
  question text not null,
  created_at timestamptz not null
);
create index on user_turn (conversation_id, id);

create table turn (
  id uuid primary key,
  user_turn_id uuid not null references user_turn,
  conversation_id uuid not null references conversation,
  version int not null,
  viewer_key text not null,
  client_key text,
  request_hash text not null,
  status text not null check (status in ('queued', 'running', 'done', 'failed', 'cancelled')),
  epoch int not null,
  attempt int not null,
  next_seq int not null,
  lease_until timestamptz,
  deadline_at timestamptz not null,
  cancel_requested_at timestamptz,
  reason text check (reason in ('answered', 'not_found', 'extractive', 'cancelled', 'failed', 'access_revoked')),
  code text,
  notice text,
  text text not null default '',
  created_at timestamptz not null,
  ended_at timestamptz,
  unique (user_turn_id, version),
  unique (viewer_key, client_key)
);
create index on turn (conversation_id);
create index turn_open on turn (lease_until) where status in ('queued', 'running');

create table turn_event (
  turn_id uuid not null references turn on delete cascade,
  seq int not null,
  epoch int not null,
  type text not null,
  data jsonb not null,
  primary key (turn_id, seq)
);

create table citation (
  id uuid primary key,
  turn_id uuid not null references turn on delete cascade,
  marker int not null,
  source_id uuid not null references source,
  source_title text not null,
  source_type text not null,
  version_id uuid not null references source_version,
  reading_id uuid not null references reading,
  fragment_id uuid not null,
  quote text not null,
  ranges jsonb not null,
  locator jsonb not null,
  support text not null check (support in ('verbatim', 'verified', 'partial', 'unsupported')),
  reasons jsonb not null,
  score real not null check (score > 0 and score <= 1),
  unique (turn_id, marker)
);

create table setting (
  key text primary key,
  value text not null
);
`;

/** Every table and index of the first release. */
export const first: Migration = {
  async up(db: Kysely<unknown>) {
    await sql.raw(statements).execute(db);
  },
};
