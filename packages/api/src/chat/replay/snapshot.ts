import type { AnswerSnapshot, ChatEvent } from '@rayni/contract';
import type { Viewer } from '../../access/policy.ts';
import { requireInstrument } from '../../access/require.ts';
import type { Rayni } from '../../live.ts';
import { ownTurn } from '../own.ts';
import { statusAfter } from '../run.ts';
import { citationsOf, eventsAfter } from '../store.ts';
import { isOver } from './replay.ts';

/** The caller's own answer as far as it has come, on an instrument they may still read; `readTurn` from `lastSeq` brings the rest. */
export async function snapshotOf(
  rayni: Pick<Rayni, 'app'>,
  viewer: Viewer,
  turnId: string,
): Promise<AnswerSnapshot> {
  const { app } = rayni;
  const turn = await ownTurn(rayni, viewer, turnId);
  await requireInstrument(app, viewer, turn.instrument_id, 'read');
  const ids = { turnId, userTurnId: turn.user_turn_id, question: turn.question };
  if (isOver(turn)) {
    const citations = (await citationsOf(app.db.query, [turnId])).get(turnId) ?? [];
    return { ...ids, status: turn.status, text: turn.text, citations, lastSeq: turn.next_seq - 2 };
  }
  const log = (await eventsAfter(app.db.query, [{ turnId, after: 0 }])).get(turnId) ?? [];
  // It may have ended since it was looked up.
  const end = log.at(-1)?.event;
  return {
    ...ids,
    ...soFar(log.map(({ event }) => event)),
    status: end?.type === 'turn-end' ? statusAfter(end.reason) : turn.status,
    lastSeq: log.filter(({ event }) => event.type !== 'turn-end').length,
  };
}

function soFar(events: ChatEvent[]): Pick<AnswerSnapshot, 'text' | 'citations'> {
  const kept = events.slice(events.findLastIndex(({ type }) => type === 'turn-reset') + 1);
  return {
    text: kept.map((event) => (event.type === 'text-delta' ? event.text : '')).join(''),
    citations: kept.flatMap((event) => (event.type === 'citation' ? [event.citation] : [])),
  };
}
