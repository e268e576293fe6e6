import { createHash } from 'node:crypto';
import type { App } from '../app.ts';
import type { FragmentDraft } from './reading.ts';
import { countUp } from '../sources/status-change.ts';
import { insertEmbeddings, notEmbedded, withoutVector } from './store.ts';

const textsPerRequest = 128;

/** What is embedded: title and heading give a fragment its subject, without being part of its text. */
const embedText = (draft: Pick<FragmentDraft, 'heading' | 'text'>, title: string) =>
  [title, draft.heading, draft.text].filter((part) => part !== '').join('\n');
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

/** Names the text that is embedded for a fragment; equal texts share their vector. */
export const embedHash = (draft: FragmentDraft, title: string): string => hashOf(embedText(draft, title));

/**
 * Embeds fragments beside whatever else is done with them. Vectors are made once per model and text; a model that is away leaves the
 * document searchable by its words. `end` throws when the signal did.
 */
export function embedder(
  app: Pick<App, 'db' | 'log'>,
  model: NonNullable<App['embedder']>,
  title: string,
  signal: AbortSignal,
): { add(drafts: FragmentDraft[]): void; end(): Promise<void> } {
  let waiting: string[] = [];
  let failed: { error: unknown } | undefined;
  let work: Promise<void> = Promise.resolve();

  function flush() {
    const texts = new Map(waiting.map((text) => [hashOf(text), text]));
    waiting = [];
    work = work
      .then(() => (failed ? undefined : store(texts)))
      .catch((error: unknown) => void (failed = { error }));
  }

  async function store(texts: ReadonlyMap<string, string>) {
    const missing = await notEmbedded(app.db.query, model.model, [...texts.keys()]);
    await embedTexts(app, model, new Map([...texts].filter(([hash]) => missing.has(hash))), signal);
  }

  return {
    add(drafts) {
      for (const draft of drafts) {
        waiting.push(embedText(draft, title));
        if (waiting.length === textsPerRequest) flush();
      }
    },
    async end() {
      if (waiting.length > 0) flush();
      await work;
      signal.throwIfAborted();
      if (failed) {
        app.log.warn(
          { err: failed.error },
          'Embedding failed; this document is searched by its words until the next start',
        );
      }
    },
  };
}

/** Asks for the vectors of these texts, by their hashes, and stores them. */
async function embedTexts(
  app: Pick<App, 'db'>,
  model: NonNullable<App['embedder']>,
  texts: ReadonlyMap<string, string>,
  signal: AbortSignal,
) {
  if (texts.size === 0) return;
  const vectors = await model.embed([...texts.values()], signal);
  await insertEmbeddings(
    app.db.query,
    [...texts.keys()].map((hash, i) => ({
      model: model.model,
      embed_hash: hash,
      vector: new Uint8Array(vectors[i]!.buffer, vectors[i]!.byteOffset, vectors[i]!.byteLength),
    })),
  );
}

/**
 * Makes the vectors that are missing under the configured model: of documents that were read without one, under another, or while it was
 * away. Returns how many fragments got theirs; a model that is away leaves the rest to the next start.
 */
export async function embedMissing(
  app: Pick<App, 'db' | 'log'>,
  model: NonNullable<App['embedder']>,
  signal: AbortSignal,
): Promise<number> {
  const instruments = new Set<string>();
  let made = 0;
  try {
    for (let after: string | undefined; ; ) {
      const some = await withoutVector(app.db.query, model.model, textsPerRequest, after);
      if (some.length === 0) break;
      await embedTexts(
        app,
        model,
        new Map(some.map((row) => [row.embed_hash, embedText(row, row.title)])),
        signal,
      );
      for (const row of some) instruments.add(row.instrument_id);
      made += some.length;
      after = some.at(-1)!.id;
    }
  } catch (error) {
    if (!signal.aborted)
      app.log.warn({ err: error }, 'Not every document could be embedded; the next start goes on');
  }
  for (const instrument of instruments) await countUp(app.db.query, instrument);
  return made;
}
