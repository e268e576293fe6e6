import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const statements = `
create table access_request (
  id uuid primary key,
  account_id uuid not null references account on delete cascade,
  instrument_id uuid not null references instrument on delete cascade,
  reason text not null,
  status text not null check (status in ('pending', 'approved', 'denied')),
  reviewer_id uuid references account on delete set null,
  reviewed_at timestamptz,
  created_at timestamptz not null
);
create unique index access_request_pending on access_request (account_id, instrument_id) where status = 'pending';
create index access_request_account on access_request (account_id);
create index access_request_instrument on access_request (instrument_id, status, created_at);

-- Outlives whom and what it speaks of: e-mails and ids, no references.
create table audit_entry (
  id uuid primary key,
  action text not null,
  actor text,
  subject text,
  instrument_id uuid,
  details jsonb not null,
  created_at timestamptz not null
);
create index audit_entry_time on audit_entry (created_at desc, id desc);
create index audit_entry_instrument on audit_entry (instrument_id, created_at);

create table invitation (
  token_hash text primary key,
  account_id uuid not null references account on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index invitation_account on invitation (account_id);

-- Open streams hear of a lost right at the commit that takes it, whoever changes it and however. Payload: account and instrument, * for any.
create function tell_rights() returns trigger language plpgsql as $$
begin
  if tg_table_name = 'access_grant' then
    perform pg_notify('rights', old.account_id || ' ' || old.instrument_id);
  elsif tg_table_name = 'instrument' then
    perform pg_notify('rights', '* ' || old.id);
  else
    perform pg_notify('rights', old.id || ' *');
  end if;
  return null;
end $$;
create trigger access_grant_rights after update or delete on access_grant for each row execute function tell_rights();
create trigger instrument_rights after update of visibility, deleted_at on instrument for each row execute function tell_rights();
create trigger account_rights after update of status, is_admin on account for each row execute function tell_rights();

create table api_token (
  id uuid primary key,
  account_id uuid not null references account on delete cascade,
  name text not null,
  scope text not null check (scope in ('full', 'read')),
  prefix text not null,
  secret_hash text not null unique,
  expires_at timestamptz,
  last_used_at timestamptz,
  created_at timestamptz not null
);
create index api_token_account on api_token (account_id, created_at);

create table turn_feedback (
  turn_id uuid primary key references turn on delete cascade,
  viewer_key text not null,
  rating text not null check (rating in ('like', 'dislike')),
  tag text,
  comment text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

create table proof_feedback (
  citation_id uuid primary key references citation on delete cascade,
  viewer_key text not null,
  fault text not null check (fault in ('wrong_place', 'does_not_support', 'outdated')),
  comment text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

create table feedback (
  id uuid primary key,
  account_id uuid references account on delete set null,
  email text,
  category text not null,
  body text not null,
  route text,
  instrument_id uuid,
  last_turn_id uuid,
  user_agent text,
  meta jsonb not null,
  status text not null check (status in ('open', 'closed')),
  admin_response text,
  responded_at timestamptz,
  created_at timestamptz not null
);
create index feedback_time on feedback (created_at desc, id desc);

create table faq_entry (
  id text primary key,
  position int not null,
  question text not null,
  answer text not null,
  updated_at timestamptz not null
);

create table connector (
  id uuid primary key,
  provider text not null check (provider in ('google_drive', 'sharepoint')),
  config jsonb not null,
  -- The secret fields together, sealed with a key that is not in the database.
  sealed bytea,
  created_by uuid references account on delete set null,
  created_at timestamptz not null,
  deleted_at timestamptz
);

create table connector_sync (
  id uuid primary key,
  connector_id uuid not null references connector on delete cascade,
  status text not null check (status in ('scheduled', 'running', 'done', 'failed')),
  detail text,
  started_at timestamptz not null,
  ended_at timestamptz
);
create index connector_sync_connector on connector_sync (connector_id, started_at desc);

-- Whose vectors are still needed is asked when a source is deleted.
create index fragment_embed_hash on fragment (embed_hash);

-- Stored bytes that no row holds (yet); what stays here is swept.
create table unclaimed_blob (
  key text primary key,
  doomed boolean not null default false,
  created_at timestamptz not null
);
create index unclaimed_blob_time on unclaimed_blob (created_at);
-- Only the former release writes and reads it.
alter table upload alter column blob_key drop not null;
create index upload_expires on upload (expires_at);
-- Both are asked by when one goes: without them every source, and every citation, is read.
create index citation_source on citation (source_id);
create index source_folder on source (folder_id);
create index source_conversation on source (conversation_id) where conversation_id is not null;

-- A guest brings files to a conversation too: whose an upload is, is said as for turns.
alter table upload add column viewer_key text;
update upload set viewer_key = 'user:' || account_id;
alter table upload alter column viewer_key set not null;
alter table upload alter column account_id drop not null;
`;

/** Who may use what and how that came, API tokens, what people say of answers, and connectors. */
export const accessAndFeedback: Migration = {
  async up(db: Kysely<unknown>) {
    await sql.raw(statements).execute(db);
  },
};
