import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { terms } from '../retrieval/terms.ts';
import { sentences } from '../text/sentences.ts';
import { checkClaim } from './check.ts';

const manual = `3.2 Centrifugation
The rotor must be balanced before every run. Place opposite tubes of equal weight in the rotor. Do not open the lid while the rotor is spinning.
The maximum speed of the FA-45 rotor is 14,000 rpm at 4 °C. Spin the samples for 10 min at 500 x g. If error E-104 is shown, switch off the instrument and wait for at least five minutes before you open the door.
The pump draws the buffer through the column, and the detector measures the absorbance at 280 nm. The sample volume should be between 10 and 50 µL. The lamp can be replaced by a trained user.
Only qualified staff may replace the laser of the LSR-II. All waste is collected in the container on the left side. The alarm is enabled by default.
Store the reagents at 2-8 °C without light. The filter is usually changed after 200 hours. The Peltier element cools the cuvette, the fan cools the power supply.`;

const passage = { text: manual, segments: sentences(manual), kind: 'prose' as const };
const df = new Map<string, number>();
for (const term of terms(manual)) df.set(term, (df.get(term) ?? 0) + 1);
const idf = (term: string) => Math.log(1 + 100 / ((df.get(term) ?? 0) + 0.5));
const check = (claim: string) => checkClaim({ claim, passage, idf });
const quoted = (claim: string) => manual.slice(...check(claim).quote);

describe('checkClaim, true statements', () => {
  it('finds every sentence of the passage verbatim, whatever its case, white space, quote marks and hyphens', () => {
    for (const [start, end] of passage.segments) {
      const sentence = manual.slice(start, end);
      for (const claim of [
        sentence,
        sentence.toUpperCase(),
        sentence.replace(/ /g, '\n'),
        `“${sentence}”`,
        sentence.replace(/-/g, '\u2011'),
      ])
        expect(check(claim), claim).toMatchObject({ support: 'verbatim', reasons: [], score: 1 });
      expect(quoted(sentence)).toBe(sentence);
    }
  });

  it.each([
    ['Close valve 3.', 'Open the door.\nClose valve 3.\nWait.'],
    ['Never shake.', 'Mix by turning. Never shake. Then wait.'],
    ['Buffer B', 'Part\tName\nQI-1\tBuffer B\t50 mL'],
    ['Use the macros AVR and PKG to build.', 'Use the macros __AVR__ and PKG_* to build.'],
    ['Use the Data command of the program.', 'Use the *Data command of the program.'],
    ['It was set in ‘MAX_SIZE’ – see “Limits” below.', 'It was set in \'MAX_SIZE\' - see "Limits" below.'],
    ['Add 5 µL of the final buffer.', 'Add 5 \u03bcL of the \ufb01nal bu\ufb00er.'],
  ])('finds %j verbatim', (claim, text) =>
    expect(
      checkClaim({ claim, passage: { text, segments: sentences(text), kind: 'prose' }, idf }).support,
    ).toBe('verbatim'),
  );

  it.each([
    ['a part of a clause', 'the lid', 'Close the lid of the instrument.'],
    ['a number alone', '58', 'Maintenance\t58'],
    ['a number without its unit', 'The rotor spins down within 20', 'The rotor spins down within 20 min.'],
    ['a number without what it counts', 'The names hold at most 30', 'The names hold at most 30 characters.'],
    [
      'what is denied behind it',
      'It is true where the valves are open and false where they are.',
      'It is true where the valves are open and false where they are not.',
    ],
    ['what is denied by a contraction', 'During a run you can', "During a run you can't open the lid."],
  ])('does not call %s verbatim', (_, claim, text) =>
    expect(
      checkClaim({ claim, passage: { text, segments: sentences(text), kind: 'prose' }, idf }).support,
    ).not.toBe('verbatim'),
  );

  it('finds a word cut at a line end verbatim', () => {
    const text = 'The instrument must be cali-\nbrated before use.';
    expect(
      checkClaim({
        claim: 'The instrument must be calibrated before use.',
        passage: { text, segments: [], kind: 'prose' },
        idf,
      }),
    ).toMatchObject({
      support: 'verbatim',
      quote: [0, text.length],
    });
  });

  it.each([
    'The rotor has to be balanced prior to each run.',
    'Before every run, the rotor must be balanced.',
    'Balance the rotor before every run.',
    'The rotor needs to be balanced before each run.',
    'Put opposite tubes of the same weight in the rotor.',
    "Don't open the lid while the rotor spins.",
    'While the rotor is spinning, do not open the lid.',
    'Never open the lid while the rotor is spinning.',
    'The lid must not be opened while the rotor is spinning.',
    'The FA-45 rotor has a maximum speed of 14000 rpm at 4 degrees Celsius.',
    'At 4 °C the maximum speed of the FA-45 rotor is 14,000 rpm.',
    'Samples are spun for ten minutes at 500 x g.',
    'Spin samples for 10 minutes at 500 xg.',
    'If error E-104 is displayed, turn off the instrument and wait at least 5 min before opening the door.',
    'If E-104 is shown, switch off the instrument and wait for no less than five minutes before you open the door.',
    'The buffer is drawn through the column by the pump.',
    'The detector measures absorbance at 280 nm.',
    'The absorbance at 280 nm is measured by the detector.',
    'The sample volume should be between 10 µl and 50 µl.',
    'The lamp may be replaced by a trained user.',
    'Only qualified staff can replace the laser of the LSR-II.',
    "Only qualified staff may replace the LSR-II's laser.",
    'All waste is gathered in the container on the left side.',
    'Every waste is collected in the container at the left side.',
    'By default, the alarm is enabled.',
    'Reagents are stored at 2–8 °C without light.',
    'Keep the reagents at 2 to 8 °C without light.',
    'The filter is normally changed after 200 h.',
    'The fan cools the power supply.',
  ])('accepts %j', (claim) =>
    expect(check(claim)).toMatchObject({ reasons: [], support: expect.stringMatching(/verbatim|verified/) }),
  );
});

describe('checkClaim, statements with one thing wrong', () => {
  it.each([
    ['number', 'The maximum speed of the FA-45 rotor is 15,000 rpm at 4 °C.'],
    ['number', 'The maximum speed of the FA-45 rotor is 1,400 rpm at 4 °C.'],
    ['number', 'The maximum speed of the FA-45 rotor is 14,000 rpm at 10 °C.'],
    ['number', 'The maximum speed of the FA-45 rotor is 14,000 rpm at -4 °C.'],
    ['number', 'Spin the samples for 500 min at 10 x g.'],
    ['number', 'Wait for at least ten minutes before you open the door.'],
    ['number', 'The sample volume should be between 50 and 10 µL.'],
    ['number', 'The filter is usually changed after 20 hours.'],
    ['number', 'Store the reagents at 2-18 °C without light.'],
    ['unit', 'The sample volume should be between 10 and 50 mL.'],
    ['unit', 'The detector measures the absorbance at 280 µm.'],
    ['unit', 'Spin the samples for 10 s at 500 x g.'],
    ['unit', 'The filter is usually changed after 200 days.'],
    ['unit', 'Store the reagents at 2-8 °F without light.'],
    ['negation', 'The rotor must not be balanced before every run.'],
    ['negation', 'Open the lid while the rotor is spinning.'],
    ['negation', 'Do open the lid while the rotor is spinning.'],
    ['negation', 'You can open the lid while the rotor is spinning.'],
    ['negation', 'Store the reagents at 2-8 °C with light.'],
    ['negation', "The alarm isn't enabled by default."],
    ['negation', 'The lamp cannot be replaced by a trained user.'],
    ['negation', 'No waste is collected in the container on the left side.'],
    ['antonym', 'The alarm is disabled by default.'],
    ['antonym', 'The rotor must be balanced after every run.'],
    ['antonym', 'The minimum speed of the FA-45 rotor is 14,000 rpm at 4 °C.'],
    ['antonym', 'All waste is collected in the container on the right side.'],
    [
      'antonym',
      'If error E-104 is shown, switch on the instrument and wait for at least five minutes before you open the door.',
    ],
    ['antonym', 'The Peltier element heats the cuvette.'],
    ['antonym', 'The rotor must be unbalanced before every run.'],
    ['antonym', 'Wait for at most five minutes before you open the door.'],
    ['modal', 'The rotor may be balanced before every run.'],
    ['modal', 'The rotor should be balanced before every run.'],
    ['modal', 'The sample volume must be between 10 and 50 µL.'],
    ['modal', 'Some waste is collected in the container on the left side.'],
    ['modal', 'The filter is always changed after 200 hours.'],
    ['modal', 'Qualified staff may replace the laser of the LSR-II.'],
    ['modal', 'Only the lamp can be replaced by a trained user.'],
    ['name', 'The maximum speed of the FA-50 rotor is 14,000 rpm at 4 °C.'],
    ['name', 'If error E-401 is shown, switch off the instrument and wait for at least five minutes.'],
    ['name', 'Only qualified staff may replace the laser of the FACSAria.'],
    ['order', 'The column draws the buffer through the pump.'],
    ['order', 'The fan cools the cuvette, the Peltier element cools the power supply.'],
    ['order', 'The detector draws the buffer through the column.'],
  ])('finds the changed %s: %s', (reason, claim) => {
    const { support, reasons } = check(claim);
    expect(['partial', 'unsupported'], `${support} ${reasons.join()}`).toContain(support);
    expect(reasons.length).toBeGreaterThan(0);
    if (['number', 'unit', 'negation'].includes(reason)) expect(reasons).toContain(reason);
  });

  it.each([
    'The mass spectrometer is vented through a nitrogen line.',
    'Users book the microscope in the calendar of the facility.',
  ])('does not support %j', (claim) =>
    expect(check(claim)).toMatchObject({
      support: 'unsupported',
      reasons: expect.arrayContaining(['coverage']),
    }),
  );
});

describe('checkClaim, one place against another', () => {
  const say = (claim: string, text: string) =>
    checkClaim({ claim, passage: { text, segments: sentences(text), kind: 'prose' }, idf });

  it.each([
    [
      'another preposition',
      'When a file is loaded, all nets are replaced by those in the file.',
      'Loading a file will replace all nets with the ones from the file.',
    ],
    [
      'a measure moved as a whole',
      'At 10 µL/min, infuse the mix behind the column.',
      'Infuse the mix at 10 µL/min behind the column.',
    ],
    [
      '"up to" that bounds nothing',
      'It is up to the user to provide the storage.',
      'The user provides the storage.',
    ],
    [
      'a modal said twice',
      'You should open the lid and should close the valve.',
      'You should open the lid and close the valve.',
    ],
    [
      'a unit in words',
      'The flow is 20 microlitres per minute in gradient mode.',
      'In gradient mode the flow is 20 µL/min.',
    ],
    [
      'a unit in words',
      'The rotor reaches sixty revolutions per minute in a second.',
      'The rotor reaches 60 rpm in a second.',
    ],
    [
      'a unit in words',
      'The line holds 40 kilohms and 3 megabytes at least.',
      'The line holds 40 kΩ and 3 MB at least.',
    ],
    [
      'a unit in words',
      'About 40 per cent of the buffer is left then.',
      'About 40 % of the buffer is left then.',
    ],
    [
      'an ordinal in figures',
      'The 2nd valve opens after the 1st cycle of the pump.',
      'The second valve opens after the first cycle of the pump.',
    ],
    ['a contraction', "The lid shouldn't be opened by hand.", 'The lid should not be opened by hand.'],
    ['a contraction', 'The lid is unable to close before the run.', "The lid can't close before the run."],
    [
      'two nouns without "of"',
      'Write the sample name on the tube end.',
      'Write the name of the sample on the end of the tube.',
    ],
    [
      'a clause moved to the front',
      'If port 2 is closed, port 1 stays open.',
      'Port 1 stays open if port 2 is closed.',
    ],
  ])('accepts %s: %s', (_, claim, text) => expect(say(claim, text)).toMatchObject({ support: 'verified' }));

  it.each([
    [
      'a number of the sentence before',
      'Port 1 is for service and stays closed.',
      'Port 1 is for the mains. Port 2 is for service and stays closed.',
    ],
    [
      'an ordinal of the sentence before',
      'The second field is the name of the part.',
      'The second field is the value. The third field is the name of the part.',
    ],
    [
      'a code of the sentence before',
      'The FA-45 holds the plates of the robot.',
      'The FA-45 holds tubes. The FB-50 holds the plates of the robot.',
    ],
    [
      'a negation of a heading',
      'Do not use the second lamp for the whole run.',
      'Default: no\n\nUse the second lamp for the whole run.',
    ],
    [
      'a lost negation at the end',
      'The cells are counted, but always.',
      'The cells are counted, but not always.',
    ],
    ['"unable" for "can"', 'The pump is unable to run without the lid.', 'The pump can run without the lid.'],
    [
      'the opposite of a synonym',
      'The limits are unspecified by the user of the system.',
      'The limits are given by the user of the system.',
    ],
    [
      'one for each',
      'One module has a menu of its own that opens at the top.',
      'Each module has a menu of its own that opens at the top.',
    ],
    [
      'either for both',
      'Either valves open when the run has ended.',
      'Both valves open when the run has ended.',
    ],
    [
      'after for until',
      'Wait after the lamp is warm and the shutter opens.',
      'Wait until the lamp is warm and the shutter opens.',
    ],
    [
      'another switch',
      'If -pin is on, the stride of the cores is set.',
      'If -ntomp is on, the stride of the cores is set.',
    ],
    [
      'another function',
      'The strupr() function gives back the string it made.',
      'The strrev() function gives back the string it made.',
    ],
    [
      'another name of one stem',
      'Enter the grid in the Location field of the window.',
      'Enter the grid in the Locator field of the window.',
    ],
    [
      'names exchanged around a passive',
      'The BSD is licensed under the GLE license here.',
      'The GLE is licensed under the BSD license here.',
    ],
    [
      'other things counted',
      'The names hold 30 lines at the most.',
      'The names hold 30 characters at the most.',
    ],
    [
      '"may be" for "is"',
      'The alarm may be shown at the end of the run.',
      'The alarm is shown at the end of the run.',
    ],
    [
      'the opposite of what a synonym says',
      'The lamp hides the state of the pump.',
      'The lamp indicates the state of the pump.',
    ],
    [
      'an opposite before a colon',
      'Right: the states are arranged by the tree.',
      'Left: the states are arranged by the tree.',
    ],
    [
      'nouns exchanged in a sentence',
      'The switch of the pump moves the needle of the valve to its seat.',
      'The valve of the pump moves the needle of the switch to its seat.',
    ],
    ['another unit in words', 'The line holds 40 megohms and 3 megabytes.', 'The line holds 40 kΩ and 3 MB.'],
    [
      'another unit per',
      'The flow is 20 microlitres per second in gradient mode.',
      'In gradient mode the flow is 20 µL/min.',
    ],
  ])('finds %s: %s', (_, claim, text) => expect(say(claim, text).support).toMatch(/partial|unsupported/));
});

describe('checkClaim, the form of what it says', () => {
  it('lowers what is said of another thing than the question names', () => {
    const claim = 'The FA-45 rotor has a maximum speed of 14,000 rpm at 4 °C.';
    const ask = (question: string) => checkClaim({ claim, passage, idf, question });
    expect(ask('How fast may the FA-45 run?').support).toBe('verified');
    expect(ask('How fast may it run?').support).toBe('verified');
    expect(ask('How fast may the FA-50 run?')).toMatchObject({ support: 'partial', reasons: ['question'] });
  });

  it('quotes two segments where the claim needs both', () => {
    expect(
      quoted(
        'Place opposite tubes of equal weight in the rotor, and do not open the lid while the rotor is spinning.',
      ),
    ).toBe(
      'Place opposite tubes of equal weight in the rotor. Do not open the lid while the rotor is spinning.',
    );
  });

  it('does not read a number cut out of a longer one', () => {
    const text = 'Set the pressure of the line to 5.5 bar. It never leaks at all.';
    const p = { text, segments: sentences(text), kind: 'prose' as const };
    for (const claim of ['Set the pressure of the line to 5', 'Set the pressure of the line to 5 bar.'])
      expect(checkClaim({ claim, passage: p, idf }).support).not.toMatch(/verbatim|verified/);
  });

  const word = fc.constantFrom(
    ...manual.split(/\s+/),
    'not',
    '5',
    'mL',
    'LSR',
    '“',
    '[x]',
    '',
    '😀',
    '-',
    '\n',
  );
  const claims = fc.array(word, { maxLength: 25 }).map((words) => words.join(' '));
  const texts = fc.array(word, { maxLength: 60 }).map((words) => words.join(' '));
  test.prop([claims, texts])(
    'says the same twice, with a score in (0, 1], a quote that is not empty, and reasons for less than verified',
    (claim, text) => {
      const p = { text, segments: sentences(text), kind: 'prose' as const };
      const result = checkClaim({ claim, passage: p, idf });
      expect(checkClaim({ claim, passage: p, idf })).toEqual(result);
      expect(result.score).toBeGreaterThan(0);
      expect(result.score).toBeLessThanOrEqual(1);
      expect(result.reasons.length > 0).toBe(
        result.support === 'partial' || result.support === 'unsupported',
      );
      const [start, end] = result.quote;
      expect(start).toBeGreaterThanOrEqual(0);
      expect(end).toBeLessThanOrEqual(text.length);
      if (text.trim() !== '') expect(text.slice(start, end).trim()).not.toBe('');
    },
  );
});
