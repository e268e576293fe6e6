import { testEngines } from '@rayni/database/testing';
import { describe, expect, it } from 'vitest';
import type { Embedder } from '../app.ts';
import { testApp } from '../testing/index.ts';
import { embedMissing } from './embed.ts';

const never = new AbortController().signal;

function countingEmbedder(fails = false): Embedder & { texts: string[] } {
  const texts: string[] = [];
  return {
    model: 'counting',
    texts,
    async embed(some) {
      if (fails) throw new Error('away');
      texts.push(...some);
      return some.map((text) => Float32Array.of(1, text.length).map((x) => x / Math.hypot(1, text.length)));
    },
  };
}

describe.each(testEngines())('vectors on %s', (engine) => {
  it('that are missing are made once, and what reads the library learns of them', async () => {
    await using test = await testApp({ engine });
    const { app } = test.rayni;
    const instrumentId = await test.instrument();
    await test.document(
      await test.account({ isAdmin: true }),
      instrumentId,
      'a.md',
      '# One\n\nText.\n\n# Two\n\nOther text.',
    );
    const version = async () =>
      (
        await app.db.query
          .selectFrom('instrument')
          .select('index_version')
          .where('id', '=', instrumentId)
          .executeTakeFirstOrThrow()
      ).index_version;
    const before = await version();

    expect(await embedMissing(app, countingEmbedder(true), never)).toBe(0);
    expect(await version()).toBe(before);

    const embedder = countingEmbedder();
    const made = await embedMissing(app, embedder, never);
    expect(made).toBeGreaterThan(0);
    expect(embedder.texts.join()).toContain('Other text.');
    expect(await version()).toBe(before + 1);

    expect(await embedMissing(app, embedder, never)).toBe(0);
    expect(embedder.texts).toHaveLength(made);
  });
});
