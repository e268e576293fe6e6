import { caution, chapter, list, type Manual, note, section, steps, table, text, warning } from './blocks.ts';
import { cytometerFront } from './sorrelight-figures.ts';

/** Daily start-up and shutdown of the flow cytometer, as a laboratory would write it for itself. */
export const sorrelightSop: Manual = {
  title: 'Sorrelight 320 Flow Cytometer',
  subtitle: 'SOP: daily start-up and shutdown',
  number: 'SOP-FC-04',
  revision: '3',
  date: new Date(Date.UTC(2026, 5, 1, 8)),
  size: [595, 842],
  trim: 0,
  face: 'Helvetica',
  columns: 1,
  front: 'head',
  emblem: cytometerFront,
  blocks: [
    chapter('1 Purpose and scope'),
    text(
      'This procedure describes how the flow cytometer is started in the morning and shut down in the evening. It holds for every user who has been trained on the instrument. It does not replace the calibration, which the operating manual QM-320-01 describes in its chapter 5.',
    ),
    chapter('2 Before you begin'),
    warning(
      'Wear gloves and eye protection. The waste holds sodium hypochlorite and possibly infectious material.',
    ),
    list(
      'Check the booking list: start-up takes 35 min, shutdown 15 min, and both belong to your booking.',
      'Room temperature between 17 and 27 °C on the wall display. Outside of it do not start; write it into the log.',
      'Materials: sheath fluid (QI-2203), cleaner 10 % made fresh each Monday, 5 % sodium hypochlorite, calibration beads (QI-2210), deionised water, four clean 5 mL tubes.',
    ),
    chapter('3 Start-up'),
    section('3.1 Fluids'),
    steps(
      'Vent the sheath tank with the grey toggle until the panel shows less than 3 kPa.',
      'Fill the sheath tank to between 5 and 7.5 L. Fluid must have stood in the room for at least 4 h.',
      'Empty the waste tank into the labelled sink, rinse once, pour in 1.0 L of 5 % sodium hypochlorite.',
      'Close both lids hand-tight and push the drawer in until it clicks.',
    ),
    section('3.2 Instrument'),
    note(
      'Lasers reach their power after 10 min, the optical bench its temperature after 25 min. The slower one counts.',
    ),
    steps(
      'Press POWER for 2 s, log in under your own name and choose Day > Start.',
      'Look at the bubble trap while it fills. Bubbles that stay for more than 2 min: choose Fluidics > Debubble once.',
      'Wait for READY. The optical bench must show 31.0 ± 0.5 °C.',
      'Run deionised water at High for 3 min. The event rate must fall below 120 per second (threshold FSC 8,000).',
    ),
    section('3.3 Daily check'),
    steps(
      'Vortex the beads for 10 s, add 3 drops to 1.0 mL of sheath fluid, label the tube with date and lot.',
      'Choose Day > Check and measure 5,000 events at Low.',
      'Compare with the acceptance limits below and sign the log.',
    ),
    table({
      title: 'Acceptance limits of the daily check',
      ruled: true,
      widths: [1.6, 1.2, 2],
      head: ['Quantity', 'Limit', 'If it fails'],
      rows: [
        ['Median, every channel', '± 8 % of the last calibration', 'Clean the flow cell, repeat once.'],
        ['CV of FSC and B1', 'at most 3.0 %', 'Prime twice, repeat once.'],
        ['CV of other channels', 'at most 4.5 %', 'Clean the flow cell, repeat once.'],
        ['Background, water', 'under 120 events per second', 'Run cleaner for 5 min, then water for 5 min.'],
        ['Sheath pressure', '34 ± 2 kPa', 'Do not measure. Tell the instrument manager.'],
      ],
    }),
    text(
      'If a repeat fails too, hang the red card on the panel and tell the instrument manager. Samples may not be measured, not even for a test, until the instrument has been calibrated again.',
    ),
    chapter('4 Between users'),
    text(
      'Run 10 % cleaner for 2 min at High and sheath fluid for 3 min. Leave a tube with 1 mL of deionised water on the needle; a dry needle grows salt within 30 min. The next user starts at step 4 of section 3.2.',
    ),
    chapter('5 Shutdown'),
    caution('Never switch the mains off before the fans have stopped: the lasers need 4 min of cooling.'),
    steps(
      'Export your data. Files older than 30 days are deleted from the workstation on the first Sunday of a month.',
      'Choose Day > End. Mount 3 mL of 10 % cleaner when asked (3 min), then 3 mL of deionised water (5 min).',
      'Wipe needle and tube arm with 70 % ethanol.',
      'Wait until the panel shows OFF, about 4 min after the lasers, and vent the sheath tank.',
      'Let the waste stand for 30 min after the last sample, then empty it. Write its volume into the log.',
      'Switch off the light of the room, not the room cooling.',
    ),
    chapter('6 Records'),
    text(
      'The log holds for each day: name of the user, lot of the beads, room temperature, result of the daily check, volume of sheath fluid filled in and of waste poured away, hours of laser use. Logs are kept for five years. A failed check is recorded with code, time and what was done.',
    ),
    table({
      title: 'Times to plan for',
      ruled: false,
      widths: [2, 1, 2.4],
      head: ['Step', 'Time', 'Remark'],
      rows: [
        ['Fluids', '6 min', 'parallel to the warm-up'],
        ['Warm-up', '25 min', 'longer below 19 °C room temperature'],
        ['Daily check', '4 min', 'with repeat 12 min'],
        ['Between users', '5 min', ''],
        ['Shutdown', '15 min', 'without the 30 min contact time of the waste'],
      ],
    }),
    chapter('7 Deviations'),
    text(
      'A short start without the background run is allowed when the last user left less than 60 min ago and the log shows a passed daily check of the same day. After a pause of more than 72 h the fluid path is first flushed with 0.5 % sodium hypochlorite for 10 min and then with 300 mL of sheath fluid; the background limit is then 60 events per second. If the room was above 27 °C overnight, measure the bead suspension twice, 30 min apart, and go on only if the medians agree within 3 %.',
    ),
    text(
      'Whoever cannot shut the instrument down in time leaves it in Day > Standby, with deionised water on the needle, and writes so on the booking list. Standby may last 4 h at most, since the lasers stay on. Every other deviation is decided by the instrument manager and written into the log before the next sample.',
    ),
  ],
};
