import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { serverSent } from './server-sent.ts';

/** A response whose body comes in these pieces. */
function inPieces(pieces: Uint8Array[]): Response {
  return new Response(
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of pieces) controller.enqueue(piece);
        controller.close();
      },
    }),
  );
}

async function all(response: Response): Promise<string[]> {
  const events = serverSent(response);
  const data: string[] = [];
  for (;;) {
    const some = await events.next();
    if (!some) return data;
    expect(some.length).toBeGreaterThan(0);
    data.push(...some.map((event) => event.data));
  }
}

const line = fc
  .string({ unit: 'grapheme', maxLength: 30 })
  .map((text) => `x${text.replace(/[\r\n\0]/g, '')}`);

test.prop([fc.array(line, { maxLength: 20 }), fc.array(fc.nat(500), { maxLength: 10 }), fc.boolean()])(
  'events are whole and in order, wherever their bytes are cut and whether or not the last ends with an empty line',
  async (data, cuts, ended) => {
    const text = data.map((one) => `data: ${one}`).join('\n\n') + (ended && data.length > 0 ? '\n\n' : '');
    const bytes = new TextEncoder().encode(text);
    const at = [0, ...cuts.filter((cut) => cut < bytes.length), bytes.length].toSorted((a, b) => a - b);
    const pieces = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
    expect(await all(inPieces(pieces.filter((piece) => piece.length > 0)))).toEqual(data);
  },
);

test('a response without a body has no events', async () => {
  expect(await all(new Response(null, { status: 204 }))).toEqual([]);
});
