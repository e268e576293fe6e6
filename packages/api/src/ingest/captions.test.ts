import { expect, test } from 'vitest';
import { cuesOf } from './captions.ts';

test('WebVTT is read with who speaks, without markup and notes', async () => {
  const cues = await cuesOf(
    'WEBVTT - Training\n\nNOTE by hand\n\n00:01.000 --> 00:02.500 align:start\n<v Ann>Hold <b>both</b>\nhandles &amp; pull</v>\n\nbad --> 00:03.000\nnothing\n\nlast\n1:00:00.000 --> 1:00:02.000\nDone.\n',
  );
  expect(cues).toEqual([
    { start: 1, end: 2.5, text: 'Hold both handles & pull', speaker: 'Ann' },
    { start: 3600, end: 3602, text: 'Done.' },
  ]);
});

test('captions that roll up are said once, with the times of their words', async () => {
  const cues = await cuesOf(
    'WEBVTT\n\n00:00.000 --> 00:02.000\n \npress<00:00:00.800><c> start</c>\n\n00:02.000 --> 00:02.010\npress start\n \n\n00:02.010 --> 00:04.000\npress start\nand<00:00:03.000><c> wait</c>\n',
  );
  expect(cues.map(({ start, end, text }) => [start, end, text])).toEqual([
    [0, 2.01, 'press start'],
    [2.01, 4, 'and wait'],
  ]);
  expect(cues[1]?.words).toEqual([
    { start: 2.01, end: 3, text: 'and' },
    { start: 3, end: 4, text: 'wait' },
  ]);
});

test.each([
  '\uFEFF1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Below</i> {\\an8}5 < 6\r\n<font color="red">bar</font>\r\n',
  '00:00:01.000 --> 00:00:02.500\nBelow 5 < 6\nbar',
])('SRT is read with and without numbers, commas and markup', async (file) => {
  expect(await cuesOf(file)).toEqual([{ start: 1, end: 2.5, text: 'Below 5 < 6 bar' }]);
});

test('SSA is read without styles, comments and drawings, in order of time', async () => {
  const cues = await cuesOf(
    `[Script Info]\nTitle: x\n\n[V4+ Styles]\nFormat: Name, Fontname\nStyle: Default,Arial\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\nDialogue: 0,0:00:03.50,0:00:05.00,Default,,0,0,0,,Then wait\nComment: 0,0:00:01.00,0:00:03.00,Default,,0,0,0,,not said\nDialogue: 0,0:00:03.50,0:00:05.00,Default,,0,0,0,,{\\p1}m 0 0 l 5 5\nDialogue: 0,0:00:01.00,0:00:03.00,Default,Bob,0,0,0,,{\\pos(1,2)}Close, then\\Nlock {\\b1}it{\\b0}\n`,
  );
  expect(cues).toEqual([
    { start: 1, end: 3, text: 'Close, then lock it', speaker: 'Bob' },
    { start: 3.5, end: 5, text: 'Then wait' },
  ]);
});

test.each(['', 'Just a note.', 'WEBVTT\n\n', '1\n2\n3'])(
  'what is no caption file has no cues: %j',
  async (file) => {
    expect(await cuesOf(file)).toEqual([]);
  },
);
