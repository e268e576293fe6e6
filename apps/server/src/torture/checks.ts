import { createHash } from 'node:crypto';
import { emptyDraft, reduceAnswer } from '@rayni/client';
import type { ChatEvent, EndReason } from '@rayni/contract';
import type { Database } from '@rayni/database';
import type { Drops, Seen } from './readers.ts';

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
  /** How often the connection to the model broke while it was asked. */
  modelFaults: number;
};

/** What else was done in the run, as far as it excuses something. */
export type Circumstances = {
  /** A process that stood still may ask the model after the one that replaced it. */
  stops: number;
  /** Connections to the database broke: of a commit whose answer was lost nobody knows whether it holds. */
  databaseFaults: number;
};

export type Counts = Record<
  | 'answers'
  | 'readers'
  | 'takeOvers'
  | 'resets'
  | 'lost'
  | 'doubled'
  | 'gaps'
  | 'duplicateSubmits'
  | 'duplicateModelCalls',
  number
> & {
  drops: Drops;
  /** By reason, failures by their code too. */
  ended: Record<string, number>;
};

type TurnRow = {
  id: string;
  question: string;
  status: string;
  reason: EndReason | null;
  code: string | null;
  attempt: number;
  epoch: number;
  text: string;
};
type EventRow = { turn_id: string; seq: number; epoch: number; type: string; data: ChatEvent };

const withoutMarks = (text: string) => text.replaceAll(/\s*\[\d+\]/g, '');
const maxAttempts = 2;

/** Holds everything that was seen against what is stored; each violation is a sentence. */
export async function check(
  database: Pick<Database, 'pool'>,
  asked: Asked[],
  circumstances: Circumstances,
): Promise<{ counts: Counts; violations: string[] }> {
  const violations: string[] = [];
  const counts: Counts = {
    answers: asked.length,
    readers: 0,
    takeOvers: 0,
    resets: 0,
    lost: 0,
    doubled: 0,
    gaps: 0,
    duplicateSubmits: 0,
    duplicateModelCalls: 0,
    drops: { left: 0, refused: 0, cut: 0, silent: 0 },
    ended: {},
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
    const log = logs.get(turn.id) ?? [];
    checkTurn(turn, log, one, circumstances, wrong);
    counts.takeOvers += turn.epoch - 1;
    counts.resets += log.filter(({ type }) => type === 'turn-reset').length;
    const how = turn.code ? `${turn.reason}, ${turn.code}` : (turn.reason ?? 'never');
    counts.ended[how] = (counts.ended[how] ?? 0) + 1;
    // The adapter asks once more when the connection broke before the first word.
    const calls = one.written.length - turn.attempt - one.modelFaults;
    counts.duplicateModelCalls += Math.max(0, calls);
    if (calls > 0)
      wrong(
        `${one.written.length} model calls in ${turn.attempt} attempts and ${one.modelFaults} broken calls`,
      );

    for (const seen of one.readers) {
      counts.readers += 1;
      if (!('text' in seen)) {
        counts.lost += 1;
        wrong(`a reader (${seen.kind}) gave up: ${seen.fault}`);
        continue;
      }
      checkReader(seen, turn, counts, wrong);
    }
  }
  return { counts, violations };
}

/** What one reader ended up with. */
function checkReader(seen: Seen, turn: TurnRow, counts: Counts, wrong: (what: string) => void) {
  for (const why of ['left', 'refused', 'cut', 'silent'] as const) counts.drops[why] += seen.drops[why];
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

/** The laws of one log and its stored answer. */
function checkTurn(
  turn: TurnRow,
  log: EventRow[],
  asked: Asked,
  circumstances: Circumstances,
  wrong: (what: string) => void,
) {
  if (log.some(({ seq }, i) => seq !== i + 1)) wrong('its log has a gap');
  if (log.some(({ epoch }, i) => i > 0 && epoch < log[i - 1]!.epoch))
    wrong('an event of an older epoch stands behind one of a newer');
  const ends = log.filter(({ type }) => type === 'turn-end');
  const end = log.at(-1)?.data;
  if (ends.length !== 1 || end?.type !== 'turn-end') return wrong(`${ends.length} ends in its log`);
  if (turn.status === 'running' || turn.status === 'queued') wrong('has not ended');
  if (end.reason !== turn.reason) wrong(`ended as ${end.reason}, stored is ${turn.reason}`);
  if (end.sha256 !== createHash('sha256').update(turn.text).digest('hex'))
    wrong('its sha256 is of another text');
  const told = log.map(({ data }) => data).reduce(reduceAnswer, emptyDraft);
  if (told.text !== turn.text) wrong('its log adds up to another text');
  const whole = log.slice(log.findLastIndex(({ type }) => type === 'turn-reset') + 1);
  const writers = new Set(whole.filter(({ type }) => type === 'text-delta').map(({ epoch }) => epoch));
  if (writers.size > 1) wrong('its text is of several producers');
  const late = asked.cancelledAt;
  if (late !== undefined && log.length > late) wrong('goes on after an acknowledged cancellation');

  const text = withoutMarks(turn.text);
  // The space before a mark that had not come yet.
  const beginning = text.trimEnd();
  const texts = asked.written.map(withoutMarks);
  const compared = () => `: ${JSON.stringify(text)} of ${JSON.stringify(texts)}`;
  switch (turn.reason) {
    case 'answered': {
      const last = circumstances.stops > 0 ? texts : texts.slice(-1);
      if (!last.includes(text)) wrong(`is not what the model wrote in the last attempt${compared()}`);
      break;
    }
    case 'cancelled':
      // Of quoted passages no text is known here.
      if (asked.modelFaults === 0 && !['', ...texts].some((written) => written.startsWith(beginning)))
        wrong(`was cancelled and is not the beginning of what the model wrote${compared()}`);
      break;
    case 'failed': {
      if (text !== '') wrong('failed and has a text');
      const inDoubt = turn.code === 'INTERNAL' && circumstances.databaseFaults > 0;
      if (turn.attempt <= maxAttempts && !inDoubt)
        wrong(`failed (${turn.code}) before two producers were lost`);
      break;
    }
    case 'extractive':
      if (asked.modelFaults === 0) wrong(`quotes although the model was there${compared()}`);
      break;
    case 'not_found':
    case 'access_revoked':
    case null:
      wrong(`ended as ${turn.reason}, which this model gives no reason for`);
  }
}
