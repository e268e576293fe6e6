import type { ChatEvent, Citation, Turn, TurnEnd } from '@rayni/contract';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { LoggedEvent } from './tails.ts';
import { toCitation } from './to-citation.ts';

type Query = Kysely<Tables>;

/** A citation with the reading it is pinned to, as the table keeps it. */
export type PinnedCitation = Citation & { readingId: string };

export function conversationById(query: Query, id: string) {
  return query
    .selectFrom('conversation')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
}

/** An answer with the instrument it is about. */
export function turnById(query: Query, turnId: string) {
  return query
    .selectFrom('turn')
    .innerJoin('conversation', 'conversation.id', 'turn.conversation_id')
    .innerJoin('user_turn', 'user_turn.id', 'turn.user_turn_id')
    .selectAll('turn')
    .select(['conversation.instrument_id', 'user_turn.question'])
    .where('turn.id', '=', turnId)
    .where('conversation.deleted_at', 'is', null)
    .executeTakeFirst();
}

/** The newest answer under a user turn. */
export function newestTurnOf(query: Query, userTurnId: string) {
  return query
    .selectFrom('turn')
    .select(['id', 'version', 'status'])
    .where('user_turn_id', '=', userTurnId)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
}

export type AppendItem = { turnId: string; epoch: number; events: ChatEvent[] };

/**
 * Appends the pending events of any number of answers in one statement: takes the sequence numbers under each turn's row lock, prolongs
 * its lease, inserts. A turn whose epoch is not this producer's, or that is not running, takes nothing. Returns the first number given
 * to each turn that took its events.
 */
export async function appendEvents(
  query: Query,
  items: AppendItem[],
  leaseUntil: Date,
): Promise<Map<string, number>> {
  const flat = items.flatMap((item) =>
    item.events.map((event) => ({ turn_id: item.turnId, epoch: item.epoch, type: event.type, data: event })),
  );
  const rows = await sql<{ id: string; first: number }>`
    with input as (
      select * from rows from (
        jsonb_to_recordset(${JSON.stringify(flat)}::jsonb) as (turn_id uuid, epoch int, type text, data jsonb)
      ) with ordinality as e(turn_id, epoch, type, data, ord)
    ), taken as (
      update turn set next_seq = next_seq + wanted.n, lease_until = ${leaseUntil}
      from (select turn_id, epoch, count(*)::int as n from input group by turn_id, epoch) wanted
      where turn.id = wanted.turn_id and turn.epoch = wanted.epoch and turn.status = 'running'
      returning turn.id, turn.epoch, turn.next_seq - wanted.n as first
    ), written as (
      insert into turn_event (turn_id, seq, epoch, type, data)
      select input.turn_id,
             taken.first + (row_number() over (partition by input.turn_id order by input.ord))::int - 1,
             input.epoch, input.type, input.data
      from input join taken on taken.id = input.turn_id and taken.epoch = input.epoch
    )
    select id, first from taken`.execute(query);
  return new Map(rows.rows.map((row) => [row.id, row.first]));
}

/** Terminal event, terminal status, stored text and citations: one statement. Undefined when this producer was fenced off. */
export async function endTurn(
  query: Query,
  end: {
    turnId: string;
    epoch: number;
    status: 'done' | 'failed' | 'cancelled';
    event: TurnEnd;
    text: string;
    citations: PinnedCitation[];
    now: Date;
  },
): Promise<number | undefined> {
  const citations = end.citations.map((c) => ({ ...c, pinned: c.readingId }));
  const rows = await sql<{ seq: number }>`
    with ended as (
      update turn set status = ${end.status}, reason = ${end.event.reason}, code = ${end.event.code ?? null},
        notice = ${end.event.notice ?? null}, text = ${end.text}, ended_at = ${end.now}, lease_until = null,
        next_seq = next_seq + 1
      where id = ${end.turnId} and epoch = ${end.epoch} and status = 'running'
      returning id, next_seq - 1 as seq, epoch
    ), logged as (
      insert into turn_event (turn_id, seq, epoch, type, data)
      select id, seq, epoch, 'turn-end', ${JSON.stringify(end.event)}::jsonb from ended
    ), cited as (
      insert into citation (id, turn_id, marker, source_id, source_title, source_type, version_id, reading_id, fragment_id,
        quote, ranges, locator, support, reasons, score)
      select c.id, ended.id, c.marker, c."sourceId", c."sourceTitle", c."sourceType", c."versionId", c."readingId",
        c."fragmentId", c.quote, c.ranges, c.locator, c.support, c.reasons, c.score
      from ended, jsonb_to_recordset(${JSON.stringify(citations)}::jsonb) as c(id uuid, marker int, "sourceId" uuid,
        "sourceTitle" text, "sourceType" text, "versionId" uuid, "readingId" uuid, "fragmentId" uuid, quote text,
        ranges jsonb, locator jsonb, support text, reasons jsonb, score real)
    )
    select seq from ended`.execute(query);
  return rows.rows[0]?.seq;
}

/** Prolongs the leases of running answers; by place what is known of each, nothing: fenced off. */
export async function heartbeats(
  query: Query,
  of: { turnId: string; epoch: number }[],
  leaseUntil: Date,
): Promise<Map<number, 'running' | 'cancelled'>> {
  // One whose events are being written right now is prolonged by that; to wait for it while others are held could be for ever.
  const { rows } = await sql<{ place: number; cancelled: boolean }>`
    with kept as (
      select * from unnest(${of.map(({ turnId }) => turnId)}::uuid[], ${of.map(({ epoch }) => epoch)}::int[])
        with ordinality as k(id, epoch, place)
    ), held as (
      select turn.id from turn join kept on kept.id = turn.id and kept.epoch = turn.epoch
      where turn.status = 'running' for update of turn skip locked
    ), prolonged as (
      update turn set lease_until = ${leaseUntil} from held where turn.id = held.id
    )
    select kept.place::int as place, turn.cancel_requested_at is not null as cancelled
    from kept join turn on turn.id = kept.id and turn.epoch = kept.epoch where turn.status = 'running'`.execute(
    query,
  );
  return new Map(rows.map(({ place, cancelled }) => [place - 1, cancelled ? 'cancelled' : 'running']));
}

/** Notifies a channel of each payload, in one commit. */
export async function notify(query: Query, channel: string, payloads: string[]): Promise<void> {
  await sql`select pg_notify(${channel}, payload) from unnest(${payloads}::text[]) as payload`.execute(query);
}

/** The channel on which processes are told that an answer was given up. */
export const abandonedChannel = 'abandoned';

/**
 * Gives a running answer up and tells all processes, in one statement. Where a process was asked to end, the attempt does not count: that is
 * not the answer's fault, and a release that restarts one process after another would use up both.
 */
export async function abandon(
  query: Query,
  { turnId, epoch, counts }: { turnId: string; epoch: number; counts: boolean },
): Promise<void> {
  await sql`
    with given_up as (
      -- Long ago by anybody's clock.
      update turn set lease_until = 'epoch', attempt = attempt - ${counts ? 0 : 1}::int
      where id = ${turnId} and epoch = ${epoch} and status = 'running'
      returning id
    )
    select pg_notify(${abandonedChannel}, id::text) from given_up`.execute(query);
}

export async function requestCancel(query: Query, turnId: string, now: Date) {
  await query
    .updateTable('turn')
    .set({ cancel_requested_at: now })
    .where('id', '=', turnId)
    .where('status', 'in', ['queued', 'running'])
    .where('cancel_requested_at', 'is', null)
    .execute();
}

/** So many abandoned answers at a time: other processes may take their share. */
export const claimedAtOnce = 20;

/**
 * Takes over answers whose producer is gone: next epoch, next attempt. `at` is now; on an embedded database at start-up every running
 * one is claimable, but never one in `alive`: its producer here was only late with its heartbeat.
 */
export function claimAbandoned(
  query: Query,
  at: Date,
  leaseUntil: Date,
  { whateverLease, alive }: { whateverLease: boolean; alive: string[] },
) {
  return query
    .updateTable('turn')
    .set((eb) => ({ epoch: eb('epoch', '+', 1), attempt: eb('attempt', '+', 1), lease_until: leaseUntil }))
    .where('id', 'in', (eb) => {
      let open = eb.selectFrom('turn').select('id').where('status', '=', 'running');
      if (!whateverLease) open = open.where('lease_until', '<', at);
      if (alive.length > 0) open = open.where('id', 'not in', alive);
      if (!whateverLease) open = open.limit(claimedAtOnce);
      return open.forUpdate().skipLocked();
    })
    .returning([
      'id',
      'epoch',
      'attempt',
      'viewer_key',
      'conversation_id',
      'user_turn_id',
      'deadline_at',
      'cancel_requested_at',
      'created_at',
    ])
    .execute();
}

/** Takes a running answer whose end was asked for from whoever produces it, if anybody still does. */
export function claimCancelled(query: Query, turnId: string, leaseUntil: Date) {
  return query
    .updateTable('turn')
    .set((eb) => ({ epoch: eb('epoch', '+', 1), lease_until: leaseUntil }))
    .where('id', '=', turnId)
    .where('status', '=', 'running')
    .where('cancel_requested_at', 'is not', null)
    .returning(['id', 'epoch', 'attempt'])
    .executeTakeFirst();
}

/** The events of several turns after each one's own sequence number: one query. */
export async function eventsAfter(
  query: Query,
  wanted: { turnId: string; after: number }[],
): Promise<Map<string, LoggedEvent[]>> {
  const found = new Map<string, LoggedEvent[]>();
  if (wanted.length === 0) return found;
  const rows = await sql<{ turn_id: string; seq: number; data: ChatEvent }>`
    select turn_event.turn_id, turn_event.seq, turn_event.data
    from unnest(${wanted.map((w) => w.turnId)}::uuid[], ${wanted.map((w) => w.after)}::int[]) as w(turn_id, after)
    join turn_event on turn_event.turn_id = w.turn_id and turn_event.seq > w.after
    order by turn_event.turn_id, turn_event.seq`.execute(query);
  for (const row of rows.rows) {
    const events = found.get(row.turn_id) ?? [];
    events.push({ seq: row.seq, event: row.data });
    found.set(row.turn_id, events);
  }
  return found;
}

/** Has any text of this answer been logged and not been taken back, so that a reader may have it? */
export async function textShown(query: Query, turnId: string): Promise<boolean> {
  const row = await query
    .selectFrom('turn_event')
    .select('type')
    .where('turn_id', '=', turnId)
    .where('type', 'in', ['text-delta', 'citation', 'turn-reset'])
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined && row.type !== 'turn-reset';
}

export async function citationsOf(query: Query, turnIds: string[]): Promise<Map<string, Citation[]>> {
  const found = new Map<string, Citation[]>(turnIds.map((id) => [id, []]));
  if (turnIds.length === 0) return found;
  const rows = await query
    .selectFrom('citation')
    .selectAll()
    .where('turn_id', 'in', turnIds)
    .orderBy('marker')
    .execute();
  for (const row of rows) found.get(row.turn_id)?.push(toCitation(row));
  return found;
}

/** The last turns of a conversation, oldest first, each with its newest answer; `before` leaves out that user turn and later ones. */
export async function recentTurns(
  query: Query,
  conversationId: string,
  limit: number,
  before?: string,
): Promise<Omit<Turn, 'citations'>[]> {
  let turns = query
    .selectFrom('user_turn')
    .innerJoin('turn', 'turn.user_turn_id', 'user_turn.id')
    .distinctOn('user_turn.id')
    .select(['user_turn.id as userTurnId', 'turn.id as turnId', 'user_turn.question', 'turn.status'])
    .select(['turn.version', 'turn.reason', 'turn.text', 'turn.notice', 'user_turn.created_at as createdAt'])
    .where('user_turn.conversation_id', '=', conversationId)
    .orderBy('user_turn.id', 'desc')
    .orderBy('turn.version', 'desc')
    .limit(limit);
  if (before) turns = turns.where('user_turn.id', '<', before);
  return (await turns.execute()).reverse();
}

/**
 * When something that answers were made from was last withdrawn: from the instrument's library, or from what was attached to the
 * conversation. Only what is approved is answered from, and only archiving and deleting take that back: what waits, is being read or was
 * rejected never was in an answer.
 */
export async function lastWithdrawal(
  query: Query,
  { instrumentId, conversationId }: { instrumentId: string; conversationId: string },
): Promise<Date | null> {
  const { at } = await query
    .selectFrom('source')
    .select((eb) => {
      const archived = eb.case().when('status', '=', 'archived').then(eb.ref('archived_at'));
      return eb.fn.max(archived.else(eb.ref('deleted_at')).end()).as('at');
    })
    .where('instrument_id', '=', instrumentId)
    .where((eb) => eb.or([eb('conversation_id', 'is', null), eb('conversation_id', '=', conversationId)]))
    .where('status', 'in', ['approved', 'archived'])
    .executeTakeFirstOrThrow();
  return at;
}

/** Every answer to one question, oldest first. */
export function versionsOf(query: Query, userTurnId: string): Promise<Omit<Turn, 'citations'>[]> {
  return query
    .selectFrom('turn')
    .innerJoin('user_turn', 'user_turn.id', 'turn.user_turn_id')
    .select(['user_turn.id as userTurnId', 'turn.id as turnId', 'user_turn.question', 'turn.status'])
    .select(['turn.version', 'turn.reason', 'turn.text', 'turn.notice', 'turn.created_at as createdAt'])
    .where('turn.user_turn_id', '=', userTurnId)
    .orderBy('turn.version')
    .execute();
}
