import { ModelFault } from '@rayni/api';
import {
  described,
  fails,
  resets,
  type ScriptedOpenAI,
  stalls,
  startScriptedOpenAI,
  written,
} from '@rayni/scripted-openai';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Times } from './openai-client.ts';
import { openaiVision } from './openai-vision.ts';

let server: ScriptedOpenAI;
beforeEach(async () => {
  server = await startScriptedOpenAI();
});
afterEach(() => server.close());

const picture = {
  bytes: Uint8Array.of(1, 2, 3, 250),
  mediaType: 'image/png',
  width: 640,
  height: 480,
} as const;
const never = new AbortController().signal;
const vision = (times: Partial<Times> = { retryDelayMs: 1 }) =>
  openaiVision({ baseUrl: server.url, apiKey: 'k', visionModel: 'v' }, times);

test('sends the picture whole, with its size, to the model that was named', async () => {
  const said = await vision().describe(picture, never);
  const [call] = server.calls;
  expect(call?.chat?.model).toBe('v');
  expect(call?.chat?.images).toEqual([{ mediaType: 'image/png', bytes: Buffer.from(picture.bytes) }]);
  expect(said.description).toContain('640 × 480');
  expect(said.regions).toEqual([{ label: 'Middle of the picture', x: 160, y: 120, w: 320, h: 240 }]);
});

test('reads JSON in a fence, and leaves out regions in another form', async () => {
  server.nextVision(
    written(
      '```json\n{"description": "A panel.", "regions": [{"label": "START", "box": [1, 2, 3, 4]}, 7]}\n```',
    ),
  );
  expect(await vision().describe(picture, never)).toEqual({
    description: 'A panel.',
    regions: [{ label: 'START', x: 1, y: 2, w: 3, h: 4 }],
  });
});

describe('faults', () => {
  test.each([
    ['prose', written('I see a panel.'), 'server'],
    ['JSON without a description', written('{"text": "A panel."}'), 'server'],
    ['half an answer', written('{"description": "A pa', { finish: 'length' }), 'cut'],
    ['a withheld one', written('', { finish: 'content_filter' }), 'server'],
    ['a refused key', fails(401), 'unauthorized'],
  ])('%s', async (_, reply, kind) => {
    server.nextVision(reply);
    const fault = await vision()
      .describe(picture, never)
      .catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(ModelFault);
    expect(fault).toMatchObject({ kind });
  });

  test('tries once more when the server fails, and no third time', async () => {
    server.nextVision(resets('request'));
    server.nextVision(described('A panel.'));
    expect(await vision().describe(picture, never)).toEqual({ description: 'A panel.', regions: [] });
    for (let i = 0; i < 3; i++) server.nextVision(fails(500));
    await expect(vision().describe(picture, never)).rejects.toBeInstanceOf(ModelFault);
    expect(server.calls).toHaveLength(4);
  });

  test('a model that takes too long is given up, and so is one nobody waits for', async () => {
    server.nextVision(stalls(600_000));
    await expect(vision({ visionMs: 50 }).describe(picture, never)).rejects.toMatchObject({
      kind: 'timeout',
    });
    server.nextVision(stalls(600_000));
    await expect(vision().describe(picture, AbortSignal.abort())).rejects.toMatchObject({ kind: 'aborted' });
  });
});
