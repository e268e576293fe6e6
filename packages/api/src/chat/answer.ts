import { randomBytes } from 'node:crypto';
import type { ErrorCode, Turn } from '@rayni/contract';
import type { Viewer } from '../access/policy.ts';
import { requireInstrument } from '../access/require.ts';
import { type App, ModelFault } from '../app.ts';
import { newId } from '../ids.ts';
import { locate, rangesIn } from '../ingest/place-map.ts';
import { knownInstrument } from '../instruments/store.ts';
import type { Live } from '../live.ts';
import type { Passage, Retrieved } from '../retrieval/passage.ts';
import { fragmentsBehind, retrieve } from '../retrieval/retrieve.ts';
import { type Places, placesFor } from '../viewer/places.ts';
import { checkClaim } from './check.ts';
import { bindClaim, type PlacedMark } from './claims.ts';
import { asksHow, extractiveAnswer } from './extractive.ts';
import { markerStream } from './markers.ts';
import { isAbstention, missingNotice, missingWords, relevance } from './not-found.ts';
import { buildPrompt, type PromptInput } from './prompt.ts';
import type { PinnedCitation } from './store.ts';

export type Question = {
  instrumentId: string;
  /** Its attachments are searched too. */
  conversationId?: string | undefined;
  /** Where it was just looked up, with its count of changes. */
  instrument?: PromptInput['instrument'] & { indexVersion: number };
  question: string;
  /** Earlier turns of the conversation, oldest first. */
  history: Pick<Turn, 'question' | 'text'>[];
};

/** What an answer is made of while it grows; `reset` takes back everything before it. */
export type AnswerPart =
  | { type: 'text'; text: string }
  | { type: 'citation'; citation: PinnedCitation }
  | { type: 'reset' };

export type AnswerOutcome = {
  reason: 'answered' | 'not_found' | 'extractive' | 'cancelled' | 'failed' | 'access_revoked';
  code?: ErrorCode;
  notice?: string;
};

type Parts = AsyncGenerator<AnswerPart, AnswerOutcome>;
type Ports = Pick<App, 'db' | 'model' | 'embedder' | 'log'>;

const passageCount = 8;

/** The life of one answer: retrieve → prompt → model → marks → Proofs. Without a model that answers, the best quotes themselves. */
export async function* answer(
  app: Ports,
  live: Pick<Live, 'indexes' | 'attachments'>,
  viewer: Viewer,
  asked: Question,
  signal: AbortSignal,
): Parts {
  const [found, instrument] = await Promise.all([
    retrieve(
      { app, ...live },
      viewer,
      {
        ...asked,
        ...(asked.instrument && { indexVersion: asked.instrument.indexVersion }),
        history: asked.history.map((turn) => turn.question),
      },
      passageCount,
      signal,
    ),
    app.model && (asked.instrument ?? knownInstrument(app.db.query, viewer, asked.instrumentId)),
  ]);
  // Nothing found may be nothing allowed any more: then not even the words that stand nowhere are told.
  if (found.passages.length === 0) await requireInstrument(app, viewer, asked.instrumentId, 'read');
  const relevant = relevance(found.terms, found.passages);
  // Words alone cannot refuse what was found by its meaning, or a question about an attached file as a whole: that is for the model.
  if (!relevant.found && !((found.byVector || found.attached) && found.passages.length > 0))
    return yield* notFound(relevant.sentence);
  const missing = missingNotice(missingWords(found.terms));
  const nothing = relevant.found ? nothingFits : relevant.sentence;

  const quotes = (why: string) => quoted(app, viewer, asked, found, { why, missing, nothing });
  if (!app.model) return yield* quotes('No language model is configured.');
  let shown = false;
  try {
    for (const parts = written(app, app.model, instrument, asked, found, signal); ; ) {
      const next = await parts.next();
      if (!next.done) {
        shown = true;
        yield next.value;
        continue;
      }
      if (next.value)
        return missing ? { ...next.value, notice: joined(missing, next.value.notice) } : next.value;
      // Nothing of what the model wrote is carried by the documents: it is taken back, and the documents speak.
      if (shown) yield { type: 'reset' };
      return yield* quotes('The written answer could not be proven from the documents and was withheld.');
    }
  } catch (error) {
    if (!(error instanceof ModelFault) || signal.aborted) throw error;
    app.log.warn({ kind: error.kind, err: error }, 'The language model gave no whole answer');
    if (shown) yield { type: 'reset' };
    return yield* quotes(error.message);
  }
}

const passagesInstead = 'These are the passages of the documents that fit best.';
const nothingFits = "No passage of this instrument's documents fits this question.";

const joined = (...sentences: (string | undefined)[]) =>
  sentences.filter((sentence) => sentence !== undefined).join(' ');

async function* notFound(sentence: string, notice?: string): Parts {
  yield { type: 'text', text: sentence };
  return { reason: 'not_found', ...(notice ? { notice } : {}) };
}

/** The model's answer, each mark bound to its statement and checked as soon as the statement is complete. Undefined: nothing of it is proven. */
async function* written(
  app: Ports,
  model: NonNullable<App['model']>,
  instrument: PromptInput['instrument'] | undefined,
  asked: Question,
  found: Retrieved,
  signal: AbortSignal,
): AsyncGenerator<AnswerPart, AnswerOutcome | undefined> {
  const { said, used } = prompted(model, instrument, asked, found, signal);
  const markers = markerStream(used);
  let text = '';
  let notice: string | undefined;
  const marks: (PlacedMark & { passage: number })[] = [];
  const open = new Set<number>();
  let proven = 0;

  /** Passes text on and notes the marks in it. */
  function* take(parts: ReturnType<typeof markers.push>): Generator<AnswerPart> {
    for (const part of parts) {
      if (part.type === 'mark') {
        open.add(marks.length);
        marks.push(part);
      } else {
        text += part.text;
        yield { type: 'text', text: part.text };
      }
    }
  }
  /** The Proofs of all statements that are complete by now. */
  async function* settle(ended: boolean): AsyncGenerator<AnswerPart> {
    for (const index of open) {
      const claim = bindClaim(text, marks, index, ended);
      if (!claim) continue;
      open.delete(index);
      const mark = marks[index]!;
      const passage = found.passages[mark.passage]!;
      const checked = checkClaim({ claim: claim.text, passage, idf: found.idf, question: asked.question });
      if (checked.support !== 'unsupported') proven += 1;
      const places = await placesFor(app, [passage]);
      yield { type: 'citation', citation: cite(passage, mark.marker, checked, places) };
    }
  }

  for await (const part of said) {
    if (part.type === 'finish') {
      if (part.reason === 'filtered') throw new ModelFault('cut', 'The language model withheld its answer.');
      if (part.reason === 'length')
        notice = 'The answer was cut off at the length limit of the language model.';
      continue;
    }
    // PostgreSQL keeps no NUL, so a reader must not get one either.
    yield* take(markers.push(part.text.replaceAll('\0', '')));
    if (open.size > 0) yield* settle(false);
  }
  yield* take(markers.end());
  yield* settle(true);
  if (markers.dropped > 0)
    app.log.info({ dropped: markers.dropped }, 'The model made up marks; they were dropped');
  if (proven === 0)
    return text.trim() !== '' && marks.length === 0 && isAbstention(text)
      ? { reason: 'not_found' }
      : undefined;
  return { reason: 'answered', ...(notice ? { notice } : {}) };
}

/** What the model says to its prompt, which nobody here holds on to while it speaks. */
function prompted(
  model: NonNullable<App['model']>,
  instrument: PromptInput['instrument'] | undefined,
  asked: Question,
  found: Retrieved,
  signal: AbortSignal,
) {
  const { messages, used } = buildPrompt({
    instrument: instrument ?? { name: '', vendor: '', models: [], description: '' },
    passages: found.passages,
    history: asked.history.map(({ question, text }) => ({ question, answer: text })),
    question: asked.question,
    fence: randomBytes(9).toString('hex'),
  });
  return { said: model.stream(messages, signal), used };
}

/** The best quotes themselves, in reading order, each with its Proof: verified by construction. `nothing` says that there are none. */
async function* quoted(
  app: Ports,
  viewer: Viewer,
  asked: Question,
  found: Retrieved,
  { why, missing, nothing }: { why: string; missing: string | undefined; nothing: string },
): Parts {
  const behind = asksHow(asked.question) ? await fragmentsBehind(app, viewer, asked, found.passages) : [];
  const { opening, parts } = extractiveAnswer(asked.question, found, behind);
  if (parts.length === 0) return yield* notFound(nothing, why);
  yield { type: 'text', text: opening };
  const places = await placesFor(
    app,
    parts.map(({ passage }) => passage),
  );
  for (const [index, part] of parts.entries()) {
    const marker = index + 1;
    yield { type: 'text', text: `${part.text} [${marker}]` };
    const checked = { support: 'verbatim', reasons: [], score: 1, quote: part.quote } as const;
    yield { type: 'citation', citation: cite(part.passage, marker, checked, places) };
  }
  return { reason: 'extractive', notice: joined(missing, why, passagesInstead) };
}

function cite(
  passage: Passage,
  marker: number,
  checked: {
    quote: readonly [start: number, end: number];
    support: PinnedCitation['support'];
    reasons: readonly PinnedCitation['reasons'][number][];
    score: number;
  },
  places: Places,
): PinnedCitation {
  const [start, end] = checked.quote;
  const ranges = rangesIn(passage, start, end);
  return {
    id: newId(),
    marker,
    sourceId: passage.sourceId,
    sourceTitle: passage.sourceTitle,
    sourceType: passage.sourceType,
    versionId: passage.versionId,
    readingId: passage.readingId,
    fragmentId: passage.fragmentId,
    quote: passage.text.slice(start, end),
    ranges,
    locator: locate((unit) => places(passage.readingId, unit), ranges),
    support: checked.support,
    reasons: [...checked.reasons],
    score: checked.score,
  };
}
