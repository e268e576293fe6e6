import { buildIndex, buildSegment, type StoredSegment, terms } from '@rayni/api/eval';
import { testPostgres } from '@rayni/database/testing';
import { Client } from 'pg';
import { generatedFragments, type GeneratedText } from './generated-fragments.ts';
import { watchLoop } from './loop-gap.ts';
import { type Measure, median, ms } from './measure.ts';

const fragmentsPerReading = 500;
const questionWords = 5;
const questions = 40;
const best = 8;

/**
 * Ranks generated fragments in process and in PostgreSQL (GIN, `ts_rank_cd`, any of the words), in the same run. PostgreSQL's figure holds
 * a round trip on this machine, the one in process the making of the terms; neither the last select of the passages' text.
 */
export async function rankingBench(options: {
  fragments: number;
  /** Another server than the one the tests would use. */
  postgresUrl?: string;
}): Promise<Measure[]> {
  const generated = generatedFragments(options.fragments);
  const asked = Array.from({ length: questions }, () => generated.question(questionWords));
  const segments: StoredSegment[] = [];
  for (const some of chunks(generated.fragments()))
    segments.push({ readingId: String(segments.length).padStart(8, '0'), bytes: buildSegment(some) });

  const loop = watchLoop();
  const began = performance.now();
  const index = await buildIndex(segments);
  const ready = performance.now() - began;
  const held = loop.stop();

  const times: number[] = [];
  for (let round = 0; round < 20; round++)
    for (const question of asked) {
      const began = performance.now();
      index.search(terms(question), best);
      times.push(performance.now() - began);
    }
  const ours = median(times);
  const floor = await withPostgres(options.postgresUrl, async (url) =>
    median(await askPostgres(url, generatedFragments(options.fragments).fragments(), asked)),
  );
  const size = `${index.fragments.toLocaleString('en-US')} fragments`;
  return [
    {
      name: `index of ${size} (${Math.round(index.bytes / 2 ** 20)} MiB) ready from its segments`,
      ours: ms(ready),
      limit: '3 s',
      met: ready <= 3000,
    },
    { name: 'longest hold of the event loop meanwhile', ours: ms(held), limit: '20 ms', met: held <= 20 },
    {
      name: `best ${best} of ${size}, ${questionWords} words`,
      ours: `${ours.toFixed(3)} ms`,
      ...(floor === undefined ? { floor: 'no PostgreSQL' } : { floor: ms(floor), ratio: ours / floor }),
    },
  ];
}

async function withPostgres<T>(
  url: string | undefined,
  run: (url: string) => Promise<T>,
): Promise<T | undefined> {
  const fresh = await testPostgres(url === undefined ? {} : { url });
  if (!fresh) return undefined;
  try {
    return await run(fresh.url);
  } finally {
    await fresh.drop();
  }
}

async function askPostgres(
  url: string,
  fragments: Iterable<GeneratedText>,
  asked: string[],
): Promise<number[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`create table fragment (id int primary key, words tsvector not null)`);
    for (const some of chunks(fragments))
      await client.query(
        `insert into fragment select id, to_tsvector('simple', text) from unnest($1::int[], $2::text[]) as given(id, text)`,
        [some.map(({ ordinal }) => ordinal), some.map(({ text }) => text)],
      );
    await client.query(`create index on fragment using gin (words)`);
    await client.query(`vacuum analyze fragment`);
    const times: number[] = [];
    for (const warm of [true, false])
      for (const question of asked) {
        const began = performance.now();
        await client.query(
          `select id from fragment, to_tsquery('simple', $1) as query
           where words @@ query order by ts_rank_cd(words, query) desc limit ${best}`,
          [question.replaceAll(' ', ' | ')],
        );
        if (!warm) times.push(performance.now() - began);
      }
    return times;
  } finally {
    await client.end();
  }
}

function* chunks(fragments: Iterable<GeneratedText>): Generator<GeneratedText[]> {
  let some: GeneratedText[] = [];
  for (const fragment of fragments) {
    some.push(fragment);
    if (some.length < fragmentsPerReading) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}
