import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const statements = `
create table identity (
  issuer text not null,
  subject text not null,
  account_id uuid not null references account on delete cascade,
  created_at timestamptz not null,
  primary key (issuer, subject)
);
create index identity_account on identity (account_id);

-- Sign-ins that were completed: none is completed twice.
create table completed_login (
  state_hash text primary key,
  expires_at timestamptz not null
);
`;

/** Who somebody is at a provider of OpenID Connect, and which sign-ins there were completed. */
export const identities: Migration = {
  async up(db: Kysely<unknown>) {
    await sql.raw(statements).execute(db);
  },
};
