import { describe, expect, it } from 'vitest';
import { terms } from '../retrieval/terms.ts';
import { sentences } from '../text/sentences.ts';
import { checkClaim } from './check.ts';

/** The passage stands between two sentences, as in a manual. */
const say = (claim: string, said: string) => {
  const text = `Wear gloves for all of this. ${said} The door of the room stays closed.`;
  const known = new Set(terms(text));
  return checkClaim({
    claim,
    passage: { text, segments: sentences(text), kind: 'prose' },
    idf: (term) => (known.has(term) ? 3 : 4.6),
  });
};

/** What is said, what may be said instead, and what says something else. */
type Case = [said: string, same: string[], other: string[]];

const particles: Case[] = [
  [
    'Switch on the pump.',
    ['Switch the pump on.', 'Turn on the pump.', 'Turn the pump on.'],
    ['Switch the pump off.', 'Switch off the pump.', 'Turn the pump off.'],
  ],
  [
    'Turn the heater on.',
    ['Turn on the heater.', 'Switch on the heater.', 'The heater is turned on.'],
    ['Turn off the heater.', 'Switch the heater off.', 'The heater is turned off.'],
  ],
  [
    'Turn on the gas valve when the pressure is above 5 bar.',
    [
      'Turn the gas valve on when the pressure is above 5 bar.',
      'When the pressure is above 5 bar, turn the gas valve on.',
    ],
    [
      'Turn the gas valve off when the pressure is above 5 bar.',
      'When the pressure is above 5 bar, turn the gas valve off.',
    ],
  ],
  [
    'Pull down the lever.',
    ['Pull the lever down.', 'The lever is pulled down.'],
    ['Pull the lever up.', 'Pull up the lever.', 'Push the lever up.'],
  ],
  [
    'Turn off the pump on the left side of the bench.',
    [
      'Turn the pump on the left side of the bench off.',
      'Switch off the pump on the left side of the bench.',
    ],
    ['Turn the pump on the left side of the bench on.'],
  ],
  [
    'Shut down the laser after the run.',
    ['Shut the laser down after the run.'],
    ['Power the laser up after the run.'],
  ],
  [
    'Leave the vent valve open.',
    ['The vent valve is left open.'],
    ['Leave closed the vent valve.', 'Leave the vent valve closed.'],
  ],
  [
    'Push in the tray and switch the camera on.',
    ['Push the tray in and switch on the camera.'],
    ['Push the tray out and switch on the camera.', 'Push the tray in and switch off the camera.'],
  ],
  [
    'The stage is moved back while the rotor spins.',
    ['While the rotor spins, the stage is moved back.'],
    ['Move the stage forward while the rotor spins.', 'While the rotor spins, move the stage forward.'],
  ],
  ['The sample tray is slid in.', ['Slide the sample tray in.'], ['Slide out the sample tray.']],
  [
    'The knob of the stage is turned up.',
    ['Rotate up the knob of the stage.'],
    ['Rotate down the knob of the stage.'],
  ],
  ['The door interlock is left on.', ['Leave the door interlock on.'], ['Leave off the door interlock.']],
  ['Place the tube on the rack.', ['Put the tube on the rack.'], []],
];

const orders: Case[] = [
  [
    'Start the pump before you open the valve.',
    ['Before you open the valve, start the pump.', 'Start the pump before opening the valve.'],
    [
      'Open the valve before you start the pump.',
      'Before you start the pump, open the valve.',
      'Start the pump after you open the valve.',
      'After you open the valve, start the pump.',
      'Open the valve, then start the pump.',
    ],
  ],
  [
    'First open the valve, then start the pump.',
    ['Open the valve first, then start the pump.', 'Open the valve, then start the pump.'],
    [
      'First start the pump, then open the valve.',
      'Start the pump, then open the valve.',
      'Start the pump first, then open the valve.',
      'Start the pump before you open the valve.',
      'First start the pump, open the valve.',
    ],
  ],
  [
    'After the rinse cycle, remove the cassette from the holder.',
    ['Remove the cassette from the holder after the rinse cycle.'],
    [
      'Before the rinse cycle, remove the cassette from the holder.',
      'After you remove the cassette from the holder, the rinse cycle starts.',
    ],
  ],
  [
    'Open the valve. Then start the pump.',
    ['Open the valve, then start the pump.'],
    ['Start the pump, then open the valve.', 'Start the pump before you open the valve.'],
  ],
  [
    'Once the lamp is warm, the shutter opens.',
    ['The shutter opens once the lamp is warm.', 'The shutter opens as soon as the lamp is warm.'],
    ['Once the shutter opens, the lamp is warm.', 'The lamp is warm once the shutter opens.'],
  ],
  [
    'When the lid is locked, the rotor starts to turn.',
    ['The rotor starts to turn when the lid is locked.'],
    ['When the rotor starts to turn, the lid is locked.', 'The lid is locked when the rotor starts to turn.'],
  ],
  [
    'Keep the shutter closed until the lamp is warm.',
    ['Until the lamp is warm, keep the shutter closed.'],
    ['Keep the lamp warm until the shutter is closed.', 'Keep the shutter closed when the lamp is warm.'],
  ],
];

const measures: Case[] = [
  [
    'Cool the block to 4 °C for 20 min and to 20 °C for 4 min.',
    [],
    [
      'Cool the block to 20 °C for 4 min and to 4 °C for 20 min.',
      'Cool the block to 4 °C for 4 min and to 20 °C for 20 min.',
    ],
  ],
  [
    'Heat the plate to 37 °C for 10 min and cool the block to 4 °C for 30 min.',
    ['Cool the block to 4 °C for 30 min and heat the plate to 37 °C for 10 min.'],
    [
      'Heat the plate to 4 °C for 30 min and cool the block to 37 °C for 10 min.',
      'Heat the plate to 37 °C for 30 min and cool the block to 4 °C for 10 min.',
    ],
  ],
  [
    'Add 5 mL of buffer and 2 mL of ethanol to the tube.',
    ['Add 2 mL of ethanol and 5 mL of buffer to the tube.'],
    ['Add 2 mL of buffer and 5 mL of ethanol to the tube.'],
  ],
  [
    'The inlet stands at 2 bar and the outlet stands at 6 bar.',
    ['The outlet stands at 6 bar and the inlet stands at 2 bar.'],
    ['The inlet stands at 6 bar and the outlet stands at 2 bar.'],
  ],
];

const conditions: Case[] = [
  [
    'Do not open the cover if the laser is on.',
    ['If the laser is on, do not open the cover.', 'Do not open the cover when the laser is on.'],
    [
      'Do not open the cover unless the laser is on.',
      'Unless the laser is on, do not open the cover.',
      'Do not open the cover even if the laser is on.',
      'Do not open the cover except when the laser is on.',
      'Do not open the cover until the laser is on.',
      'Do not open the cover only if the laser is on.',
    ],
  ],
  [
    'The alarm sounds unless the door is locked.',
    ['Unless the door is locked, the alarm sounds.', 'The alarm will sound unless the door is locked.'],
    [
      'The alarm sounds if the door is locked.',
      'When the door is locked, the alarm sounds.',
      'The alarm sounds only if the door is locked.',
    ],
  ],
  [
    'The fan runs even if the chamber is cold.',
    ['Even if the chamber is cold, the fan runs.', 'The fan runs even when the chamber is cold.'],
    ['The fan runs if the chamber is cold.', 'If the chamber is cold, the fan runs.'],
  ],
  [
    'Even if the lid of the chamber is cold, the fan runs.',
    ['The fan runs even if the lid of the chamber is cold.'],
    ['If the lid of the chamber is cold, the fan runs.'],
  ],
  ['If so, the fan of the chamber runs.', [], ['Unless so, the fan of the chamber runs.']],
  [
    'In this case, if the lamp is warm, the shutter opens.',
    ['If the lamp is warm, the shutter opens in this case.'],
    ['In this case, if the shutter opens, the lamp is warm.'],
  ],
  [
    'If the counter is numbered from zero, then the first line is skipped.',
    ['The first line is skipped if the counter is numbered from zero.'],
    ['If the counter is numbered from zero, then the first line is not skipped.'],
  ],
  [
    'The valve opens only if the tank is full.',
    ['The valve opens only when the tank is full.'],
    ['The valve opens if the tank is full.', 'The valve opens even if the tank is full.'],
  ],
  [
    'Stir the sample until the powder dissolves.',
    ['Stir the sample till the powder dissolves.'],
    ['Stir the sample when the powder dissolves.', 'Stir the sample if the powder dissolves.'],
  ],
];

const intervals: Case[] = [
  [
    'Change the oil yearly.',
    [
      'Change the oil annually.',
      'Change the oil once a year.',
      'Change the oil every year.',
      'The oil is changed yearly.',
    ],
    [
      'Change the oil monthly.',
      'Change the oil daily.',
      'Change the oil biweekly.',
      'Change the oil every month.',
      'Change the oil twice a year.',
    ],
  ],
  [
    'Clean the nozzle of the printer once a week.',
    ['Clean the nozzle of the printer weekly.', 'Once a week, clean the nozzle of the printer.'],
    [
      'Clean the nozzle of the printer once a day.',
      'Clean the nozzle of the printer twice a week.',
      'Clean the nozzle of the printer hourly.',
    ],
  ],
  [
    'Check the filter daily and the belt monthly.',
    ['Check the filter every day and the belt every month.'],
    ['Check the filter monthly and the belt daily.'],
  ],
  ['The weekly check takes a trained user.', [], ['The daily check takes a trained user.']],
];

const ranges: Case[] = [
  [
    'Wait 10 to 20 min.',
    ['Wait 10–20 min.', 'Wait for 10 to 20 minutes.'],
    ['Wait 10 min.', 'Wait 20 min.', 'Wait for 20 minutes.'],
  ],
  [
    'Incubate the plate for 10-20 min in the dark.',
    ['In the dark, incubate the plate for 10 to 20 min.'],
    ['Incubate the plate for 10 min in the dark.', 'Incubate the plate for 20 min in the dark.'],
  ],
  [
    'The volume must be between 10 and 50 µL.',
    ['The volume has to be between 10 and 50 µL.', 'The volume must be between 10 µL and 50 µL.'],
    ['The volume must be 10 µL.', 'The volume must be 50 µL.'],
  ],
  [
    'Keep the bath at 37 ± 2 °C overnight.',
    ['Overnight, keep the bath at 37 ± 2 °C.'],
    ['Keep the bath at 37 °C overnight.', 'Keep the bath at 37', 'Keep the bath at 2 °C overnight.'],
  ],
  [
    'Load at most 5 tubes at a time.',
    ['Load no more than 5 tubes at a time.', 'Load up to 5 tubes at a time.'],
    ['Load 5 tubes at a time.', 'Load at least 5 tubes at a time.', '5 tubes at a time.'],
  ],
  ['Stir it for 5 min or longer.', [], ['Stir it for 5 min.']],
  ['Load 5 tubes at a time.', [], ['Load at most 5 tubes at a time.', 'Load more than 5 tubes at a time.']],
  [
    'Keep the pressure in the line < 5 bar.',
    [],
    ['Keep the pressure in the line 5 bar.', 'Keep the pressure in the line > 5 bar.'],
  ],
  [
    '10 to 20 min are needed for the run.',
    [],
    ['20 min are needed for the run.', '10 min are needed for the run.'],
  ],
  [
    'Turn the knob of the stage from 2 to 8 in a minute.',
    [],
    ['Turn the knob of the stage from 2', 'Turn the knob of the stage to 8 in a minute.'],
  ],
];

const classes: [string, Case[]][] = [
  ['a particle', particles],
  ['the order of acts', orders],
  ['measures of two clauses', measures],
  ['a condition', conditions],
  ['an interval', intervals],
  ['an end of a range', ranges],
];

describe.each(classes)('checkClaim, %s', (_, cases) => {
  it.each(cases.flatMap(([said, same]) => same.map((claim) => [claim, said])))(
    'accepts %j for %j',
    (claim, said) =>
      expect(say(claim, said)).toMatchObject({
        reasons: [],
        support: expect.stringMatching(/verbatim|verified/),
      }),
  );
  it.each(cases.flatMap(([said, , other]) => other.map((claim) => [claim, said])))(
    'finds %j changed from %j',
    (claim, said) => expect(say(claim, said).support).toMatch(/partial|unsupported/),
  );
});

describe('checkClaim, a number before a word in -s', () => {
  it.each([
    ['Set the switch to position 3.', 'Set the switch to position 3 towards the wall.'],
    ['The limits are given in section 3.2.', 'The limits are given in section 3.2 besides the valve.'],
    ['Connect the cable to port 4.', 'Connect the cable to port 4 regardless of the mode.'],
    ['Set the flow to the value of 8.', 'Set the flow to the value of 8 perhaps a day later.'],
    ['Go on with the work at step 12.', 'Go on with the work at step 12 across the bench.'],
    ['The lamp is wired to channel 7.', 'The lamp is wired to channel 7 plus a relay.'],
    ['Read the limits in table 5.', 'Read the limits in table 5 always with care.'],
  ])('is no count: %j of %j', (claim, said) => {
    expect(say(claim, said).support).toBe('verbatim');
    expect(say(`Now ${claim.replace(/^./, (c) => c.toLowerCase())}`, said)).toMatchObject({
      reasons: [],
      support: 'verified',
    });
  });

  it.each([
    ['The names hold at most 30', 'The names hold at most 30 characters.'],
    ['The rack of the robot holds 96.', 'The rack of the robot holds 96 tubes.'],
    ['The cycle of the block is run 30.', 'The cycle of the block is run 30 times.'],
  ])('is a count: %j of %j', (claim, said) =>
    expect(say(claim, said).support).toMatch(/partial|unsupported/),
  );
});
