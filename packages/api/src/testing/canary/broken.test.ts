import { expect, it, vi } from 'vitest';
import { runCanary } from './canary.ts';

/** Which of the product's safeguards is taken out. */
const broken = vi.hoisted(() => ({ guard: '' }));

vi.mock(import('../../access/policy.ts'), async (original) => {
  const real = await original();
  return {
    ...real,
    may: (viewer, action, facts) => broken.guard === 'the door' || real.may(viewer, action, facts),
  };
});
vi.mock(import('../../access/store.ts'), async (original) => {
  const real = await original();
  return {
    ...real,
    visibleSources: (query, viewer, options) =>
      broken.guard === 'the sources' || broken.guard === 'the door'
        ? real.allSources(query)
        : real.visibleSources(query, viewer, options),
  };
});
vi.mock(import('../../retrieval/store.ts'), async (original) => {
  const real = await original();
  return {
    ...real,
    // No policy: whatever lies on the instrument is shown, what was never approved or is withdrawn before all.
    async passagesOf(query, viewer, of, picks) {
      if (broken.guard !== 'the passages') return real.passagesOf(query, viewer, of, picks);
      const rows = await query
        .selectFrom('fragment')
        .innerJoin('reading', 'reading.id', 'fragment.reading_id')
        .innerJoin('source_version', 'source_version.id', 'reading.version_id')
        .innerJoin('source', 'source.id', 'source_version.source_id')
        .selectAll('fragment')
        .select(['source.id as source_id', 'source.title', 'source.type', 'version_id'])
        .where('source.instrument_id', '=', of.instrumentId)
        .orderBy('source.status', 'desc')
        .limit(8)
        .execute();
      return rows.map(({ id, reading_id, version_id, source_id, title, type, ...row }) => ({
        fragmentId: id,
        readingId: reading_id,
        versionId: version_id,
        sourceId: source_id,
        sourceTitle: title,
        sourceType: type,
        score: 1,
        ordinal: row.ordinal,
        heading: row.heading,
        text: row.text,
        ranges: row.ranges,
        kind: row.kind,
        segments: row.segments,
      }));
    },
  };
});
vi.mock(import('../../chat/store.ts'), async (original) => {
  const real = await original();
  return {
    ...real,
    lastWithdrawal: (query, claimed) =>
      broken.guard === 'the history' ? Promise.resolve(null) : real.lastWithdrawal(query, claimed),
  };
});
vi.mock(import('../../sources/store.ts'), async (original) => {
  const real = await original();
  return {
    ...real,
    async listSources(query, viewer, input) {
      const { items, total } = await real.listSources(query, viewer, input);
      return { items, total: broken.guard === 'the count' ? total + 1 : total };
    },
  };
});

const size = { people: 4, instruments: 3, documents: 15 };

it.each([
  ['the door', 'prompt'],
  ['the sources', 'sources.get'],
  ['the passages', 'prompt'],
  ['the history', 'prompt'],
  ['the count', 'count in sources.list'],
])(
  'reports what leaks where %s is broken: %s',
  async (guard, where) => {
    broken.guard = guard;
    const found = (leak: { where: string }) => leak.where === where;
    const { leaks } = await runCanary({
      seed: 7,
      questions: 400,
      size,
      enough: (report) => report.leaks.some(found),
    });
    expect(leaks.some(found)).toBe(true);
  },
  300_000,
);
