import path from 'node:path';
import { MultiBar, Presets } from 'cli-progress';
import { command, connect, demoAdmin, Failure, findInstrument, help, printable, run } from './connect.ts';
import { filesOf } from './files.ts';
import { formerDocuments } from './former.ts';
import { ingestFile, type Outcome, type Step } from './ingest-files.ts';
import { ingestPage, isAddress } from './ingest-page.ts';

// `npm run ingest`: brings files and folders to an instrument and waits until each is read.

type Options = { instrument: string; as?: string; separate?: boolean };

const examples = `
npm run ingest -- --instrument centrifuge manual.pdf notes.md
npm run ingest -- --instrument "Oakspindle R6" ./documents https://support.example.org/r6.html`;

const together = 2;

async function ingest(names: string[], options: Options): Promise<number> {
  const pages = names.filter(isAddress);
  const found = await filesOf(
    names.filter((name) => !isAddress(name)),
    (file) =>
      console.log(
        `${printable(file)}: left out, its name is not that of a document, picture or recording that can be read`,
      ),
  );
  const files = [...pages, ...found];
  if (files.length === 0) throw new Failure('There is no document, picture or recording that can be read.');
  const rayni = await connect(options.as, demoAdmin);
  const instrument = await findInstrument(rayni, options.instrument);
  console.log(`${files.length} ${files.length === 1 ? 'file' : 'files'} for ${printable(instrument.name)}`);

  const stopped = new AbortController();
  process.once('SIGINT', () => stopped.abort());
  const show = process.stdout.isTTY ? bars() : lines();
  const outcomes: Outcome[] = [];
  const waiting = [...files];
  const { signal } = stopped;
  try {
    const placeOf = options.separate
      ? () => ({})
      : await formerDocuments(rayni, instrument.id, found, signal);
    const all = { rayni, instrumentId: instrument.id, taken: new Map<string, string>(), placeOf, signal };
    await Promise.all(
      Array.from({ length: together }, async () => {
        for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
          const name = printable(file);
          const onStep = (step: Step) => show.step(name, step);
          const outcome = isAddress(file)
            ? await ingestPage(rayni, instrument.id, file, onStep, signal)
            : await ingestFile(all, file, onStep);
          show.done(name, outcome);
          outcomes.push(outcome);
        }
      }),
    );
  } catch (error) {
    // The other worker takes nothing new; what is under way ends by itself or with the process.
    waiting.length = 0;
    stopped.abort();
    if (!process.exitCode && error instanceof Error && error.name === 'AbortError') {
      show.end();
      console.error(
        'Stopped. What was uploaded is read all the same; run the command again to see how it went.',
      );
      return 130;
    }
    throw error;
  } finally {
    show.end();
  }
  console.log(summary(outcomes));
  return outcomes.some((outcome) => outcome.kind === 'failed') ? 1 : 0;
}

function summary(outcomes: Outcome[]): string {
  const kinds = {
    approved: 'approved',
    waiting: 'waiting for approval',
    unchanged: 'unchanged',
    failed: 'failed',
  } as const;
  const counts = Object.entries(kinds).map(
    ([kind, words]) => [outcomes.filter((one) => one.kind === kind).length, words] as const,
  );
  return counts
    .filter(([count]) => count > 0)
    .map(([count, words]) => `${count} ${words}`)
    .join(', ');
}

type Show = { step(file: string, step: Step): void; done(file: string, outcome: Outcome): void; end(): void };

/** For logs and pipes: one line when a file is done. */
const lines = (): Show => ({
  step() {},
  done: (file, { detail }) => console.log(`${file}: ${printable(detail)}`),
  end() {},
});

/** For terminals: a bar for each file under way, a line above for each that is done. */
function bars(): Show {
  const all = new MultiBar(
    {
      format: '{bar} {doing} {value}/{total}  {file}',
      barsize: 24,
      clearOnComplete: true,
      hideCursor: true,
      emptyOnZero: true,
    },
    Presets.rect,
  );
  const open = new Map<string, ReturnType<typeof all.create>>();
  return {
    step(file, { doing, done, total }) {
      const bar = open.get(file) ?? all.create(total, done, { file: path.basename(file), doing });
      open.set(file, bar);
      bar.setTotal(total);
      bar.update(done, { doing });
    },
    done(file, { detail }) {
      const bar = open.get(file);
      if (bar) all.remove(bar);
      open.delete(file);
      all.log(`${file}: ${printable(detail)}\n`);
      all.update();
    },
    end: () => all.stop(),
  };
}

await run(
  command('ingest')
    .description(
      'Brings documents, pictures, recordings and web pages to an instrument and waits until each is read. Which kinds: see the README. What is there already is skipped; a file of the same name with other bytes becomes a new version of its document.',
    )
    .argument('<files or folders...>', 'what to bring; folders are walked, addresses of web pages fetched')
    .requiredOption('-i, --instrument <name or id>', 'the instrument')
    .option('--separate', 'make a document of its own of a changed file, beside the one of the same name')
    .option('--as <email>', `sign in by e-mail (development); ${demoAdmin} without it and RAYNI_TOKEN`)
    .addHelpText('after', help(examples))
    .action(async (names: string[], options: Options) => {
      process.exitCode = await ingest(names, options);
    }),
);
