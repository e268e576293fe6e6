import { createHash } from 'node:crypto';
import type { Database } from '@rayni/database';
import type { Seen } from './readers.ts';

/** One question of a run: what its submits were told, what its readers saw, what the model was asked to write. */
export type Asked = {
  number: number;
  question: string;
  /** Every turn that any submit was acknowledged with. */
  turnIds: Set<string>;
  readers: (Seen | { kind: string; fault: string })[];
  /** How far the log was when its cancellation was acknowledged. */
  cancelledAt: number | undefined;
  /** The texts that the model began to write for it. */
  written: string[];
};

export type Counts = Record<
  | 'answers'
  | 'readers'
  | 'drops'
  | 'takeOvers'
  | 'resets'
  | 'failed'
  | 'cancelled'
  | 'lost'
  | 'doubled'
  | 'gaps'
  | 'duplicateSubmits'
  | 'duplicateModelCalls',
  number
>;

type TurnRow = {
  id: string;
  question: string;
  status: string;
  reason: string | null;
  code: string | null;
  attempt: number;
  epoch: number;
  text: string;
};
type EventRow = {
  turn_id: string;
  seq: number;
  epoch: number;
  type: string;
  data: { reason?: string; sha256?: string };
};

const withoutMarks = (text: string) => text.replaceAll(/\s*\[\d+\]/g, '');

/** Holds everything that was seen against what is stored; each violation is a sentence. */
export async function check(
  database: Pick<Database, 'pool'>,
  asked: Asked[],
): Promise<{ counts: Counts; violations: string[] }> {
  const violations: string[] = [];
  const counts: Counts = {
    answers: asked.length,
    readers: 0,
    drops: 0,
    takeOvers: 0,
    resets: 0,
    failed: 0,
    cancelled: 0,
    lost: 0,
    doubled: 0,
    gaps: 0,
    duplicateSubmits: 0,
    duplicateModelCalls: 0,
  };
  const { rows: turns } = await database.pool.query<TurnRow>(
    `select turn.id, question, status, reason, code, attempt, epoch, text
     from turn join user_turn on user_turn.id = turn.user_turn_id`,
  );
  const { rows: events } = await database.pool.query<EventRow>(
    'select turn_id, seq, epoch, type, data from turn_event order by turn_id, seq',
  );
  const logs = Map.groupBy(events, (event) => event.turn_id);
  const stored = Map.groupBy(turns, (turn) => turn.question);

  for (const one of asked) {
    const wrong = (what: string) => violations.push(`question ${one.number}: ${what}`);
    const mine = stored.get(one.question) ?? [];
    const extra = Math.max(one.turnIds.size, mine.length) - 1;
    counts.duplicateSubmits += Math.max(0, extra);
    if (extra > 0) wrong(`is ${extra + 1} questions`);
    const [turn] = mine;
    if (!turn || !one.turnIds.has(turn.id)) {
      counts.lost += 1;
      wrong('was acknowledged and is not stored');
      continue;
    }
    checkTurn(turn, logs.get(turn.id) ?? [], one, wrong);
    counts.takeOvers += turn.epoch - 1;
    counts.resets += (logs.get(turn.id) ?? []).filter(({ type }) => type === 'turn-reset').length;
    if (turn.status === 'failed') counts.failed += 1;
    if (turn.status === 'cancelled') counts.cancelled += 1;
    const calls = one.written.length - turn.attempt;
    counts.duplicateModelCalls += Math.max(0, calls);
    if (calls > 0) wrong(`${one.written.length} model calls in ${turn.attempt} attempts`);

    for (const seen of one.readers) {
      counts.readers += 1;
      if (!('text' in seen)) {
        counts.lost += 1;
        wrong(`a reader (${seen.kind}) gave up: ${seen.fault}`);
        continue;
      }
      counts.drops += seen.drops;
      counts.gaps += seen.gaps;
      counts.doubled += seen.doubled + Math.max(0, seen.ends - 1);
      if (seen.gaps + seen.doubled > 0 || seen.ends > 1)
        wrong(`a reader (${seen.kind}) saw ${seen.gaps} gaps, ${seen.doubled} doubled, ${seen.ends} ends`);
      if (seen.ends < 1 || seen.text !== turn.text) {
        counts.lost += 1;
        wrong(`a reader (${seen.kind}) has ${seen.text.length} of ${turn.text.length} characters`);
      }
      const agrees =
        seen.kind === 'stream'
          ? seen.reason === (turn.status === 'failed' ? 'error' : 'done')
          : seen.reason === turn.reason;
      if (!agrees) wrong(`a reader (${seen.kind}) was told ${seen.reason}, stored is ${turn.reason}`);
    }
  }
  return { counts, violations };
}

/** The laws of one log and its stored answer. */
function checkTurn(turn: TurnRow, log: EventRow[], asked: Asked, wrong: (what: string) => void) {
  if (log.some(({ seq }, i) => seq !== i + 1)) wrong('its log has a gap');
  if (log.some(({ epoch }, i) => i > 0 && epoch < log[i - 1]!.epoch))
    wrong('an event of an older epoch stands behind one of a newer');
  const ends = log.filter(({ type }) => type === 'turn-end');
  const end = log.at(-1);
  if (ends.length !== 1 || end?.type !== 'turn-end') wrong(`${ends.length} ends in its log`);
  if (turn.status === 'running' || turn.status === 'queued') wrong('has not ended');
  if (end?.data.reason !== turn.reason) wrong(`ended as ${end?.data.reason}, stored is ${turn.reason}`);
  if (end?.data.sha256 !== createHash('sha256').update(turn.text).digest('hex'))
    wrong('its sha256 is of another text');
  const late = asked.cancelledAt;
  if (late !== undefined && log.length > late) wrong('goes on after an acknowledged cancellation');

  const text = withoutMarks(turn.text);
  const texts = asked.written.map(withoutMarks);
  if (turn.reason === 'answered' && !texts.includes(text))
    wrong('is not what the model wrote in one attempt');
  // The space before a mark that had not come yet.
  const beginning = text.trimEnd();
  if (turn.reason === 'cancelled' && !['', ...texts].some((written) => written.startsWith(beginning)))
    wrong('was cancelled and is not the beginning of what the model wrote');
  if (turn.reason === 'failed' && text !== '') wrong('failed and has a text');
  if (turn.reason === 'failed' && turn.attempt <= 2)
    wrong(`failed (${turn.code}) before two producers were lost`);
  if (!['answered', 'cancelled', 'failed'].includes(turn.reason ?? ''))
    wrong(`ended as ${turn.reason}, which this model gives no reason for`);
}
