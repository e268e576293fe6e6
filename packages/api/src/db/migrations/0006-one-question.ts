import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const statements = `
-- Waits until no other transaction asks the same, holds that to the end of this one, and only then looks: in a function every statement
-- sees what was committed before it, in a part of one statement only what was committed before the whole.
create function recent_twin(of_viewer text, of_hash text, asked_after timestamptz, ended_after timestamptz)
returns table (id uuid, user_turn_id uuid, conversation_id uuid) language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended(of_viewer || ' ' || of_hash, 0));
  return query
    select turn.id, turn.user_turn_id, turn.conversation_id
    from turn join conversation on conversation.id = turn.conversation_id
    where turn.viewer_key = of_viewer and turn.request_hash = of_hash and turn.created_at > asked_after
      and (turn.status = 'running' or (turn.status = 'done' and turn.ended_at > ended_after))
      and conversation.deleted_at is null
    order by turn.created_at desc limit 1;
end $$;
`;

/** A double click is found and a question stored in one statement. */
export const oneQuestion: Migration = {
  async up(db: Kysely<unknown>) {
    await sql.raw(statements).execute(db);
  },
};
