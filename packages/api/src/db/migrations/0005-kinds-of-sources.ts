import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const statements = `
alter table fragment drop constraint fragment_kind_check;
alter table fragment add constraint fragment_kind_check check (kind in ('prose', 'table', 'code', 'description'));

-- What a reader found out beside the text, and what else than the version's bytes it was made of.
alter table reading add column facts jsonb not null default '{}';
alter table reading add column made_of text not null default '';

-- The address the bytes of a version came from, after all redirects.
alter table source_version add column origin_url text;

-- Files that belong to a version: captions brought for a recording, a frame of it to show.
create table companion (
  id uuid primary key,
  version_id uuid not null references source_version,
  kind text not null check (kind in ('captions', 'poster')),
  blob_key text not null unique,
  filename text not null,
  media_type text not null,
  size bigint not null,
  sha256 text not null,
  created_by uuid references account on delete set null,
  created_at timestamptz not null
);
create index companion_version on companion (version_id);

-- Whoever follows sources hears of them at the commit that changes them, whoever does and however. Payload: source and instrument.
create function tell_source() returns trigger language plpgsql as $$
begin
  perform pg_notify('sources', new.id || ' ' || new.instrument_id);
  return null;
end $$;
create trigger source_progress
  after insert or update of status, status_detail, progress_done, progress_total, deleted_at on source
  for each row when (new.conversation_id is null) execute function tell_source();
`;

/** What recordings, images, web pages and office files need beside what PDFs and notes do. */
export const kindsOfSources: Migration = {
  async up(db: Kysely<unknown>) {
    await sql.raw(statements).execute(db);
  },
};
