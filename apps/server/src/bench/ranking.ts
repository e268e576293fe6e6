import { newId, type Viewer } from '@rayni/api';
import { buildIndex, buildSegment, type Hit, passagesOf, type StoredSegment, terms } from '@rayni/api/eval';
import { testPostgres } from '@rayni/database/testing';
import { sql } from 'kysely';
import { Client } from 'pg';
import { type StoredDocument, storeLibrary, throwAwayDatabase } from '../eval/stored-library.ts';
import { generatedFragments, type GeneratedText } from './generated-fragments.ts';
import { watchLoop } from './loop-gap.ts';
import { type Measure, median, ms } from './measure.ts';

const fragmentsPerReading = 500;
const questionWords = 5;
const questions = 40;
const best = 8;

/**
 * Ranks generated fragments in process and in PostgreSQL (GIN, `ts_rank_cd`, any of the words), in the same run. PostgreSQL's figure holds
 * a round trip on this machine, the one in process the making of the terms. Beside it stands the select that both would need: what a viewer
 * may read of the picks of a ranking.
 */
export async function rankingBench(options: {
  fragments: number;
  /** Another server than the one the tests would use. */
  postgresUrl?: string;
}): Promise<Measure[]> {
  // The same each time, and made again where needed: texts kept since the start would burden the collector while the loop is watched.
  const generate = () => {
    const { fragments, question } = generatedFragments(options.fragments);
    const asked = Array.from({ length: questions }, () => question(questionWords));
    return { asked, readings: chunks(fragments()) };
  };
  const { asked, readings } = generate();
  const segments = Array.from(readings, (texts) => ({
    readingId: newId(),
    bytes: buildSegment(texts),
  }));

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
  const picks = asked.map((question) => index.search(terms(question), 3 * best));
  const floor = await withPostgres(options.postgresUrl, async (url) =>
    median(await askPostgres(url, generate())),
  );
  const documents = Array.from(generate().readings, (texts, i) => stored(texts, segments[i]!));
  const onPostgres = await withPostgres(options.postgresUrl, (url) => selectPassages(documents, picks, url));
  const embedded = await selectPassages(documents, picks);
  const size = `${index.fragments.toLocaleString('en-US')} fragments`;
  const select = `what a viewer may read of ${3 * best} among ${size}`;
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
      ...(floor === undefined
        ? { floor: 'no PostgreSQL' }
        : { floor: ms(floor), ratio: floor / ours, limit: '≥ 100 ×', met: floor >= 100 * ours }),
    },
    ...(onPostgres === undefined ? [] : [{ name: `${select}, PostgreSQL`, ours: ms(onPostgres) }]),
    { name: `${select}, embedded`, ours: ms(embedded) },
  ];
}

/** A document of these fragments, one sentence each. */
function stored(texts: GeneratedText[], { readingId, bytes }: StoredSegment): StoredDocument {
  const fragments = texts.map(({ ordinal, heading, text }) => ({
    ordinal,
    heading,
    text,
    ranges: [{ unit: 1, start: 0, end: text.length }],
    kind: 'prose' as const,
    segments: [[0, text.length] satisfies [number, number]],
  }));
  return { readingId, title: '', fragments, segment: bytes };
}

const viewer: Viewer = {
  kind: 'member',
  key: 'user:bench',
  userId: newId(),
  email: 'bench@example.org',
  name: '',
  isAdmin: false,
  role: null,
};

/** Milliseconds of the product's last select for a member without a grant, whose rights take the longest to find; every pick must come back. */
async function selectPassages(documents: StoredDocument[], picks: Hit[][], url?: string): Promise<number> {
  await using room = await throwAwayDatabase(url);
  const { query } = room.db;
  const instrumentId = await storeLibrary(room.db, 'Bench', documents);
  // PostgreSQL does so by itself a minute later; the embedded engine never does.
  if (url !== undefined) await sql`analyze`.execute(query);
  const times: number[] = [];
  for (const warm of [true, false, false, false])
    for (const wanted of picks) {
      const began = performance.now();
      const passages = await passagesOf(query, viewer, { instrumentId }, wanted);
      if (!warm) times.push(performance.now() - began);
      if (passages.length !== wanted.length)
        throw new Error(`${passages.length} of ${wanted.length} passages came back`);
    }
  return median(times);
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
  { asked, readings }: { asked: string[]; readings: Iterable<GeneratedText[]> },
): Promise<number[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`create table fragment (id int primary key, words tsvector not null)`);
    for (const some of readings)
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
