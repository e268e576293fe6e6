/** The moments in the life of an answer at which a process of a run may be told to die or to stand still. */
export const faultPoints = [
  /** Question and empty answer are stored, nobody has been told. */
  'submit stored',
  /** An abandoned answer has been taken over, nothing is known of it yet. */
  'claimed',
  /** What a former producer had shown is taken back. */
  'reset stored',
  'before the first append',
  /** On its way: nobody here will ever know whether it was stored. */
  'first append sent',
  /** Stored, no reader has it. */
  'first append stored',
  /** More of the answer is stored, its end is not. */
  'later append stored',
  'before the end',
  'end sent',
  /** Stored, no reader has it. */
  'end stored',
  /** The wish to stop is stored, whoever asked for it has not been told. */
  'cancellation stored',
] as const;

export type FaultPoint = (typeof faultPoints)[number];

/** The points that one statement passes: before it goes out, once it is on its way, and once it has changed rows. */
export type Passes = Record<'before' | 'sent' | 'stored', readonly FaultPoint[]>;

/**
 * Knows the statements of an answer's life by their text. A statement that was rewritten is not known any more: a run says which points it
 * never came by, and the test that has all of them passed fails.
 */
export function statementReader(): (text: string, values: unknown) => Passes | undefined {
  /** Answers of which this process has stored text. */
  const shown = new Set<string>();
  return (text, values) => {
    if (text.includes('insert into user_turn')) return passes({ stored: ['submit stored'] });
    if (text.startsWith('update "turn"') && text.includes('skip locked'))
      return passes({ stored: ['claimed'] });
    if (text.startsWith('update "turn" set "cancel_requested_at"'))
      return passes({ stored: ['cancellation stored'] });
    if (text.includes('with ended as'))
      return passes({ before: ['before the end'], sent: ['end sent'], stored: ['end stored'] });
    if (!text.includes('with input as') || !Array.isArray(values)) return undefined;
    return appended(eventsOf(values[0]), shown);
  };
}

const passes = (some: Partial<Passes>): Passes => ({ before: [], sent: [], stored: [], ...some });

type Appended = { turn_id: string; type: string };

function eventsOf(value: unknown): Appended[] {
  if (typeof value !== 'string') return [];
  const rows: Appended[] = JSON.parse(value);
  return rows;
}

/** One statement may append to several answers: to one for the first time, to another once more. */
function appended(events: Appended[], shown: Set<string>): Passes {
  const texts = events.filter(({ type }) => type === 'text-delta').map((event) => event.turn_id);
  const first = texts.some((turnId) => !shown.has(turnId));
  const later = texts.some((turnId) => shown.has(turnId));
  for (const turnId of texts) shown.add(turnId);
  return passes({
    before: first ? ['before the first append'] : [],
    sent: first ? ['first append sent'] : [],
    stored: [
      ...(events.some(({ type }) => type === 'turn-reset') ? (['reset stored'] as const) : []),
      ...(first ? (['first append stored'] as const) : []),
      ...(later ? (['later append stored'] as const) : []),
    ],
  });
}
