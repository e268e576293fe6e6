import { describe, expect, it } from 'vitest';
import type { Passage } from '../retrieval/passage.ts';
import { terms } from '../retrieval/terms.ts';
import { sentences } from '../text/sentences.ts';
import { extractiveAnswer } from './extractive.ts';

let made = 0;
function passage(text: string, more: Partial<Passage> = {}): Passage {
  made++;
  return {
    fragmentId: `f${made}`,
    sourceId: 's',
    sourceTitle: 'Manual',
    sourceType: 'pdf',
    versionId: 'v',
    readingId: 'r',
    ordinal: made,
    heading: '',
    text,
    ranges: [{ unit: 1, start: 0, end: text.length }],
    kind: 'prose',
    segments: sentences(text),
    score: 1,
    ...more,
  };
}

function ask(question: string, passages: Passage[]) {
  const df = new Map<string, number>();
  for (const { text } of passages)
    for (const term of new Set(terms(text))) df.set(term, (df.get(term) ?? 0) + 1);
  const idf = (term: string) => Math.log(1 + (20 - (df.get(term) ?? 0) + 0.5) / ((df.get(term) ?? 0) + 0.5));
  const answer = extractiveAnswer(question, { passages, idf });
  for (const { passage, quote } of answer.parts) {
    const edges = passage.segments.flat();
    expect(edges).toContain(quote[0]);
    expect(edges).toContain(quote[1]);
  }
  return { ...answer, quotes: answer.parts.map(({ passage, quote }) => passage.text.slice(...quote)) };
}

const calibration = passage(
  'Calibration\n1. Fill the cell with buffer.\n2. Press CAL for three seconds.\nThe display shows the slope.\n3. Press OK.\n\nStorage\nKeep the electrode wet.',
);
const schedule = passage(
  'The instrument must be calibrated every day. A calibration is valid for 24 hours. Ask the manager.',
);
const lamp = passage(
  'The lamp lasts 2000 hours. Replace the lamp when the intensity is below 60 %. Old lamps are waste.',
);

describe('extractiveAnswer', () => {
  it('says that it is no written answer and quotes whole segments', () => {
    const { opening, quotes } = ask('When must I replace the lamp?', [lamp, schedule]);
    expect(opening).toContain('not a written answer');
    expect(quotes.join('|')).toContain('Replace the lamp when the intensity is below 60 %.');
  });

  it('gives the steps, not the heading, to a question about how', () => {
    const { quotes, parts } = ask('How do I calibrate this instrument?', [schedule, calibration, lamp]);
    const steps = quotes.find((quote) => quote.includes('Press CAL'));
    expect(steps).toContain('1. Fill the cell with buffer.');
    expect(steps).toContain('3. Press OK.');
    expect(steps).not.toContain('Keep the electrode wet');
    expect(parts.find(({ text }) => text.includes('Press CAL'))?.text).toContain(
      '\n2. Press CAL for three seconds.\n',
    );
  });

  it('quotes the last step to its end, and not what stands on the next line', () => {
    const steps = passage(
      'Level\n1. Move the weight.\n2. Read the display. It may differ by 1.5 g; otherwise begin again.\nThe bench is heavy.',
      { heading: 'Care › Level' },
    );
    const { quotes } = ask('How do I level it?', [lamp, steps]);
    expect(quotes[0]).toMatch(/^Level\n1\. .*otherwise begin again\.$/s);
  });

  it('quotes the steps under the heading that names what is asked for, not those of its neighbours', () => {
    const heat = passage('4.2 Temperature\n1. Press HEAT.\n2. Wait for the beep.\n3. Calibrate with OK.', {
      heading: '4 Calibration › 4.2 Temperature',
    });
    const speed = passage('4.3 Speed\n1. Press SPIN.\n2. Hold the tachometer.\n3. Calibrate with OK.', {
      heading: '4 Calibration › 4.3 Speed',
    });
    const { quotes } = ask('How do I calibrate the speed?', [heat, speed]);
    expect(quotes).toEqual([speed.text]);
  });

  it('quotes a section of prose to its end where that says how', () => {
    const lid = passage(
      '5.2 Opening the lid without power\nSwitch off at the wall. Find the hole on the right. Push the pin into it. The lid springs open. Call service then.',
      { heading: '5 Trouble › 5.2 Opening the lid without power' },
    );
    const { quotes } = ask('What should I do when the lid does not open?', [lamp, lid]);
    expect(quotes[0]).toContain('Call service then.');
  });

  it('begins the steps of an unnumbered section at its heading, not at what stands before', () => {
    const text =
      'You need a hub key to inspect the rotor.\n\nHow to inspect a rotor\n\n1. Take it out.\n2. Look for pits.\n3. Mount it.';
    const { quotes } = ask('How do I inspect a rotor?', [
      lamp,
      passage(text, { heading: 'SOP › What is needed' }),
    ]);
    expect(quotes.at(-1)).toBe('How to inspect a rotor\n\n1. Take it out.\n2. Look for pits.\n3. Mount it.');
  });

  it('does not look for the instrument itself', () => {
    const preface = passage('This instrument is described in this document. The instrument is heavy.');
    const { quotes } = ask('How do I calibrate this instrument?', [preface, calibration]);
    expect(quotes.join('|')).not.toContain('heavy');
  });

  it('joins no sentence with the heading behind it', () => {
    const two = passage('4.1 Intervals\nCalibrate each year.\n4.2 Lamp\nCalibrate the lamp with a meter.', {
      heading: '4 Care',
    });
    for (const quote of ask('When do I calibrate?', [two]).quotes) expect(quote).not.toMatch(/year\.\s+4\.2/);
  });

  it('bounds the steps', () => {
    const long = passage(
      `Purge the line\n${Array.from({ length: 80 }, (_, i) => `${i + 1}. Press key ${i + 1} of the panel.`).join('\n')}`,
    );
    const { parts } = ask('How do I purge the line?', [long]);
    expect(parts[0]!.text.trim().split('\n')).toHaveLength(40);
  });

  it('goes on with the steps of the fragment behind', () => {
    const first = passage('Purge\n1. Open the valve.\n2. Wait for one minute.', {
      versionId: 'w',
      ordinal: 1,
    });
    const second = passage('3. Close the valve.\n4. Start the pump.', { versionId: 'w', ordinal: 2 });
    const { quotes } = ask('How do I purge it?', [first, lamp, second]);
    expect(quotes.slice(0, 2)).toEqual([first.text, second.text]);
  });

  it('goes on with the steps of a fragment that was not found itself, past remarks between numbers', () => {
    const first = passage('Purge the line\n1. Open the valve.\n2. Wait for one minute.', { ordinal: 1 });
    const second = passage(
      '3. Close the valve.\nIt clicks. It is tight then.\n4. Start the pump.\nIt hums.',
      {
        ordinal: 2,
      },
    );
    const passages = [first, lamp];
    const { parts } = extractiveAnswer('How do I purge the line?', { passages, idf: () => 1 }, [second]);
    expect(parts.map((part) => part.text.trim())).toEqual([
      'Purge the line\n1. Open the valve.\n2. Wait for one minute.',
      '3. Close the valve.\nIt clicks.\nIt is tight then.\n4. Start the pump.',
    ]);
  });

  it('gives what stands under a heading, not the heading alone', () => {
    const section = passage('5.2 Sheath filter\nIt holds back dust. It lasts for 3 months. Order two.', {
      heading: '5 Care › 5.2 Sheath filter',
    });
    const { quotes } = ask('What is the sheath filter?', [lamp, section]);
    expect(quotes[0]).toBe('5.2 Sheath filter\nIt holds back dust. It lasts for 3 months.');
  });

  it('quotes no line of a table of contents or of an index', () => {
    const contents = passage('5.2 Sheath filter . . . . . . 12\n5.3 Waste filter . . . . . . 13');
    const index = passage('filter, 12 sheath filter, 12 waste, 13 vent, 14');
    const section = passage('The sheath filter lasts for 3 months.');
    expect(ask('sheath filter', [contents, index, section]).quotes).toEqual([section.text]);
    expect(ask('sheath filter', [contents, index]).parts).toEqual([]);
  });

  it('takes a list of things for no steps', () => {
    const list = passage(
      'Purge gases\n• Nitrogen of the house line for the cell.\n• Argon from the bottle.\n• Air.',
    );
    const { quotes } = ask('How do I purge the cell?', [list]);
    expect(quotes.join('|')).not.toContain('Argon');
  });

  it('prefers quotes that hold the code of the question', () => {
    const other = passage('The maximum speed of the rotor RS-4 is 4,000 rpm at full load.');
    const asked = passage('RA-24 turns at 15,000 rpm.');
    expect(ask('What is the maximum speed of RA-24?', [other, asked]).quotes).toContain(asked.text);
    expect(ask('What is the maximum speed of RA-24?', [asked]).quotes).toEqual([asked.text]);
  });

  it('quotes a row of a table under its title and the names of its columns', () => {
    const text = 'Table 3 Limits\nModel Pressure\nA20 5 bar\nB30 6 bar';
    const table = passage(text, {
      kind: 'table',
      segments: [
        [0, 14],
        [15, 29],
        [30, 39],
        [40, 49],
      ],
    });
    const { parts, quotes } = ask('What is the limit of the B30?', [table]);
    expect(quotes[0]).toBe('B30 6 bar');
    expect(parts[0]!.text).toBe('\n\nTable 3 Limits\nModel Pressure\nB30 6 bar');
  });

  it('gives each passage once and at most three, in reading order', () => {
    const copies = [4, 3, 2, 1].map((ordinal) =>
      passage(`Replace the lamp of unit ${ordinal % 3} when it is dark. Nothing else.`, { ordinal }),
    );
    const { parts } = ask('When do I replace the lamp?', copies);
    expect(parts).toHaveLength(3);
    const ordinals = parts.map(({ passage }) => passage.ordinal);
    expect(ordinals).toEqual(ordinals.toSorted((a, b) => a - b));
    expect(new Set(parts.map(({ text }) => text)).size).toBe(3);
  });

  it('has nothing to quote where no word of the question stands', () => {
    expect(ask('Quanten?', [lamp]).parts).toEqual([]);
  });
});
