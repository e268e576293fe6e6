import { afterEach, describe, expect, it } from 'vitest';
import type { Viewer } from '../access/policy.ts';
import type { App } from '../app.ts';
import { cacheOf, type IndexCache } from './index-cache.ts';
import type { Passage } from './passage.ts';
import { retrieve, type RetrieveDeps, searchTerms } from './retrieve.ts';
import { buildSegment } from './segment.ts';

let cache: IndexCache | undefined;
afterEach(() => cache?.close());

const texts: Record<string, string> = {
  filter: 'Replace the sheath filter every 500 hours.',
  copy: 'Replace the sheath filter every 500 hours.',
  waste: 'Empty the waste tank before it is full.',
  laser: 'The red laser warms up for 30 minutes.',
};
const readings = Object.keys(texts);
const vectorOf = (readingId: string) => Float32Array.from(readings, (id) => (id === readingId ? 1 : 0));

/** Four documents of one fragment; the model embeds every question where the laser is. */
function setting(options: { hidden?: string[]; embedder?: 'works' | 'fails' } = {}) {
  const warnings: string[] = [];
  const { hidden = [], embedder } = options;
  cache = cacheOf({
    version: () => Promise.resolve(1),
    readings: () => Promise.resolve(readings),
    segments: (ids) =>
      Promise.resolve(
        ids.map((readingId) => ({
          readingId,
          bytes: buildSegment([{ ordinal: 1, title: '', heading: '', text: texts[readingId]! }]),
        })),
      ),
    vectors:
      embedder &&
      ((ids) =>
        Promise.resolve(
          ids.map((readingId) => ({
            readingId,
            ordinal: 1,
            vector: new Uint8Array(vectorOf(readingId).buffer),
          })),
        )),
  });
  const app = {
    embedder: embedder && {
      model: 'm',
      embed: () =>
        embedder === 'works' ? Promise.resolve([vectorOf('laser')]) : Promise.reject(new Error('away')),
    },
    log: { warn: (_: object, message: string) => void warnings.push(message) },
  } as unknown as Pick<App, 'db' | 'embedder' | 'log'>;
  const passages: RetrieveDeps['passages'] = (_viewer, _id, picks) =>
    Promise.resolve(
      picks
        .filter(({ readingId }) => !hidden.includes(readingId))
        .map((pick) => ({ ...pick, text: texts[pick.readingId] }) as Passage),
    );
  const ask = async (question: string, ...history: string[]) => {
    const asked = { instrumentId: 'i', question, history };
    const found = await retrieve({ app, indexes: cache!, passages }, {} as Viewer, asked, 3);
    return { ...found, readings: found.passages.map(({ readingId }) => readingId) };
  };
  return { ask, warnings };
}

describe('retrieve', () => {
  it('gives the best passages first, a repetition once', async () => {
    const { ask } = setting();
    expect((await ask('When is the sheath filter replaced?')).readings).toEqual(['copy']);
  });

  it('shows nothing that the final select withholds', async () => {
    const { ask } = setting({ hidden: ['copy', 'laser'] });
    expect((await ask('sheath filter, red laser')).readings).toEqual(['filter']);
  });

  it('searches a question that leans on the one before with its words', async () => {
    const { ask } = setting();
    expect((await ask('How long?')).readings).toEqual([]);
    expect((await ask('How long?', 'Is the red laser ready?')).readings).toEqual(['laser']);
  });

  it('tells what it knows of the words asked', async () => {
    const { ask } = setting();
    const { terms, idf } = await ask('Which Filters need a gasket?');
    expect(terms.map(({ shown, df }) => [shown, df])).toEqual([
      ['Filters', 2],
      ['need', 0],
      ['gasket', 0],
    ]);
    expect(terms[0]?.idf).toBe(idf('filter'));
  });

  it('fuses the words with the vectors', async () => {
    const { ask } = setting({ embedder: 'works' });
    const { readings } = await ask('waste tank');
    expect(readings).toContain('waste');
    expect(readings).toContain('laser');
  });

  it('answers by the words when the embedding model is away', async () => {
    const { ask, warnings } = setting({ embedder: 'fails' });
    expect((await ask('waste tank')).readings).toEqual(['waste']);
    expect(warnings).toHaveLength(1);
  });
});

describe('searchTerms', () => {
  it('looks a verb with its particle up as one word where the documents write it so', () => {
    const stands = (term: string) => term === 'shutdown';
    expect(searchTerms('How do I shut down the pump?', stands)).toEqual(['shut', 'down', 'pump', 'shutdown']);
    expect(searchTerms('How do I shut down the pump?', () => false)).toEqual(['shut', 'down', 'pump']);
  });

  it('leaves out what points at the instrument itself, unless nothing else is asked', () => {
    expect(searchTerms('How do I clean this instrument?', () => false)).toEqual(['clean']);
    expect(searchTerms('my device', () => false)).toEqual(['devic']);
  });
});
