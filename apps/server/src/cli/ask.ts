import {
  type Draft,
  emptyDraft,
  type Instrument,
  type RayniClient,
  reduceAnswer,
  type Started,
} from '@rayni/client';
import { command, connect, Failure, findInstrument, help, printable, run } from './connect.ts';
import { isDrawn, proofLine } from './proof-line.ts';

// `npm run ask`: one question, the answer as it is written, then its Proofs.

type Options = { instrument?: string; session?: string; json?: boolean; as?: string };

const examples = `
npm run ask -- "How do I calibrate this instrument?"
npm run ask -- "And who may change it?" --session 0195d8f0-0000-7000-8000-000000000000
npm run ask -- "What does E-12 mean?" --instrument centrifuge --json`;

async function ask(question: string, options: Options): Promise<number> {
  if (question.trim() === '') throw new Failure('Ask something: npm run ask -- "What does E-12 mean?"');
  const rayni = await connect(options.as);
  const { session: sessionId } = options;
  const instrument = await instrumentOf(rayni, options);
  const say = (line: string) => console.error(line);
  if (!options.json) say(`Asking about ${printable(instrument.name)} …\n`);

  const reading = new AbortController();
  process.once('SIGINT', () => reading.abort());
  const { signal } = reading;
  const stream = rayni.chat.ask(
    { instrumentId: instrument.id, question, ...(sessionId ? { sessionId } : {}) },
    { signal },
  );
  let draft = emptyDraft;
  try {
    for await (const event of stream) {
      draft = reduceAnswer(draft, event);
      if (options.json) continue;
      if (event.type === 'text-delta') process.stdout.write(printable(event.text));
      if (event.type === 'turn-reset') process.stdout.write('\n\n(the answer begins anew)\n\n');
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    say(
      `\n\nStopped reading; the answer goes on. Its conversation: --session ${(await stream.started()).sessionId}`,
    );
    return 130;
  }
  const started = await stream.started();
  if (options.json)
    console.log(JSON.stringify({ ...started, instrument, question, ...answerOf(draft) }, undefined, 2));
  else printEnd(draft, started);
  const reason = draft.end?.reason;
  return reason === 'failed' || reason === 'cancelled' || reason === 'access_revoked' ? 1 : 0;
}

/** A conversation is about one instrument, so it need not be named again. */
async function instrumentOf(rayni: RayniClient, { instrument, session }: Options): Promise<Instrument> {
  if (session === undefined || instrument !== undefined) return findInstrument(rayni, instrument);
  return findInstrument(rayni, (await rayni.trpc.chat.history.query({ sessionId: session })).instrumentId);
}

const answerOf = ({ text, citations, end }: Draft) => ({
  text,
  citations,
  reason: end?.reason ?? null,
  notice: end?.notice ?? null,
  ...(end?.code ? { code: end.code } : {}),
});

function printEnd({ text, citations, end }: Draft, { sessionId }: Started) {
  process.stdout.write(text === '' || text.endsWith('\n') ? '' : '\n');
  if (end?.notice) console.error(`\n${printable(end.notice)}`);
  if (citations.length > 0) console.log('\nProofs');
  for (const citation of citations) console.log(`${proofLine(citation)}\n    ${citation.id}`);
  const [first] = citations;
  console.error(
    [
      '',
      ...(first
        ? [`See one:  npm run proof -- ${first.id}${isDrawn(first.locator) ? ' --png proof.png' : ''}`]
        : []),
      `Go on:    npm run ask -- "…" --session ${sessionId}`,
    ].join('\n'),
  );
}

await run(
  command('ask')
    .description('Asks about an instrument and prints the answer as it is written, then its Proofs.')
    .argument('<question...>', 'the question')
    .option('-i, --instrument <name or id>', 'the instrument; the first public one without it')
    .option('-s, --session <id>', 'continue that conversation')
    .option('--as <email>', 'sign in by e-mail (development); without it and RAYNI_TOKEN you ask as a guest')
    .option('--json', 'print the whole answer as JSON at the end')
    .addHelpText('after', help(examples))
    .action(async (words: string[], options: Options) => {
      process.exitCode = await ask(words.join(' '), options);
    }),
);
