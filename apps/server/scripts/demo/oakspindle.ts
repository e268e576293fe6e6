import {
  type Block,
  caution,
  chapter,
  figure,
  list,
  type Manual,
  note,
  section,
  steps,
  table,
  text,
  warning,
} from './blocks.ts';
import { balancedRotor, centrifugeSection, speedProfile } from './oakspindle-figures.ts';

const basics: Block[] = [
  chapter('1 Safety'),
  warning(
    'A rotor at full speed stores up to 11.8 kJ, the energy of a mass of 50 kg that falls 24 m. Never defeat the lid lock.',
  ),
  text(
    'The Oakspindle R6 is a refrigerated bench-top centrifuge for tubes, bottles and plates. The rotor turns at up to 15,000 rpm. Keep a zone of 30 cm around the housing free of persons and of dangerous goods while it runs, and do not lean on it. Work may begin only when every user has read this chapter.',
  ),
  list(
    'Use only the rotors of table 1, with the buckets and lids that belong to them and carry the same number.',
    'Do not spin flammable, explosive or strongly corrosive liquids. The chamber is not protected against sparks.',
    'Infectious material of risk group 2 needs rotor lids with a seal; open them in a cabinet, after 10 min of standing.',
    'A rotor that has fallen, is scratched or shows pits of corrosion is taken out of use at once.',
  ),
  text(
    'The limits of a rotor hold for liquids of a density up to 1.2 g/mL. For denser liquids reduce the speed: the permitted speed is the maximum speed times the square root of 1.2 divided by the density. At 1.7 g/mL a rotor for 15,000 rpm may turn at 12,600 rpm.',
  ),
  chapter('2 Setting up'),
  section('2.1 Place and mains'),
  note(
    'After transport let the centrifuge stand for 4 h before it is switched on, so that the oil of the compressor collects.',
  ),
  text(
    'The bench must bear 110 kg and be level within 1 mm over the width of the housing. Leave 300 mm free at both sides for the air of the condenser. The room may have 10 to 32 °C; above 27 °C the lowest temperatures are not reached at full speed. Connect to 230 V ± 10 %, 50 Hz, with a fuse of 16 A that is not shared. The compressor restarts no sooner than 3 min after it has stopped.',
  ),
  figure(
    'Figure 1. Section of the chamber: lid with inspection port (A), rotor on its cone (B), evaporator coil (C), drive with imbalance sensor (D).',
    150,
    centrifugeSection,
  ),
  section('2.2 Rotors'),
  text(
    'A rotor is recognised by magnets in its hub within two turns. The display then shows its name and its limits, and a speed above the limit is refused. Fix the rotor with the hub key (part QI-3305) to 5 N m; the key clicks when this is reached.',
  ),
  table({
    title: 'Table 1. Rotors',
    ruled: true,
    widths: [0.75, 2.15, 0.85, 1.15, 1.2, 1.2],
    head: ['Rotor', 'Load', 'Radius', 'Speed, max', 'RCF, max', 'Life'],
    rows: [
      ['RA-24', 'fixed angle 45°, 24 × 2 mL', '8.4 cm', '15,000 rpm', '21,130 × g', '50,000 runs'],
      ['RA-6', 'fixed angle 30°, 6 × 50 mL', '11.2 cm', '10,500 rpm', '13,800 × g', '30,000 runs'],
      ['RS-4', 'swing-out, 4 × 250 mL', '17.8 cm', '4,200 rpm', '3,510 × g', '20,000 runs'],
      ['RP-2', 'swing-out, 2 × 3 plates', '13.6 cm', '4,000 rpm', '2,430 × g', '20,000 runs'],
    ],
  }),
  section('2.3 From speed to force'),
  text(
    'The relative centrifugal force follows from radius and speed: RCF = 1.118 × 10^-5 × r × n × n, with r in centimetres and n in rpm. The display converts both ways for the radius of the rotor in use. For RS-4 and 1,000 × g this gives 2,242 rpm. Published protocols that name only rpm cannot be repeated in another rotor without its radius.',
  ),
];

const running: Block[] = [
  chapter('3 Running'),
  section('3.1 Loading and balancing'),
  caution('Weigh bottles of 250 mL with their caps. Equal volumes of unlike liquids are not balanced.'),
  text(
    'Load opposite places with tubes of equal mass. The centrifuge tolerates a difference of 1.5 g in RA-24, 5 g in RA-6 and 10 g between the buckets of RS-4. In swing-out rotors all buckets must hang in place, even the empty ones. With three tubes in RA-24 use places 1, 9 and 17.',
  ),
  figure(
    'Figure 2. Balanced loads of rotor RA-24: two tubes, three tubes, six tubes. Filled places are dark.',
    112,
    balancedRotor,
  ),
  section('3.2 Starting a run'),
  steps(
    'Switch on, open the lid with the key LID and check that the chamber is dry. Ice thicker than 1 mm must be thawed first.',
    'Load and balance the rotor, close the rotor lid, close the lid until the motor lock draws it down.',
    'Set time (10 s to 99 h, or HOLD), speed or RCF, and temperature from -10 to 40 °C.',
    'Choose a ramp: 9 is fastest, 1 is softest. RA-24 reaches 15,000 rpm in 22 s on ramp 9 and in 115 s on ramp 1.',
    'Press START. The time counts from the moment when the set speed is reached.',
    'At the end three tones sound. The lid opens only below 60 rpm.',
  ),
  figure(
    'Figure 3. Speed over time in RA-24: ramp 9 up, 5 min at 15,000 rpm, brake 7 down. The counted time begins at the dashed line.',
    130,
    speedProfile,
  ),
  section('3.3 Temperature'),
  text(
    'Cool the chamber and the rotor before sensitive samples. FAST COOL turns the rotor at 2,000 rpm and brings it from 22 to 4 °C in 14 min with RA-24 and in 26 min with RS-4. At standstill the chamber is held at the set temperature for 8 h, then cooling ends. The lowest temperature at full speed is 2 °C for RA-24 and -4 °C for RS-4, in a room of 23 °C.',
  ),
  section('3.4 Soft separations'),
  text(
    'For gradients choose ramp 2 and brake 0, which lets RS-4 run out from 800 × g in about 7 min. Peripheral blood cells on a medium of 1.077 g/mL are spun at 400 × g for 30 min at 20 °C. Set the temperature at least 15 min earlier: a cold medium is denser and keeps the cells above it.',
  ),
  section('3.5 Programs and the SHORT key'),
  text(
    'Twenty programs can be stored. A program holds rotor, time, speed or RCF, temperature, ramp and brake; it is refused when another rotor is mounted. Hold the number for 2 s to store the values shown and touch it to load them. SHORT spins as long as it is pressed, with ramp 9 and no more than 6,000 rpm, to collect drops from lids. Programs 19 and 20 are locked at delivery: 19 pellets cells in RA-6 at 3,000 × g for 10 min and 4 °C, 20 collects plates in RP-2 at 500 × g for 2 min and 20 °C.',
  ),
];

const calibration: Block[] = [
  chapter('4 Calibration'),
  section('4.1 What is calibrated and when'),
  text(
    'Three things are calibrated on the Oakspindle R6: the temperature of the samples, the speed, and the imbalance sensor. Calibrate temperature and speed every 12 months and after any repair of the cooling or the drive; calibrate the imbalance sensor every 24 months or when error E-212 appears with a balanced load. The whole calibration takes about 90 min, most of which is waiting.',
  ),
  section('4.2 How to calibrate the temperature'),
  note(
    'You need rotor RA-24, the thermometer vial (part QI-3340) with a certificate not older than 12 months, and water.',
  ),
  steps(
    'Fill the thermometer vial and 23 tubes with 1.5 mL of water each and load RA-24 completely.',
    'Set 4 °C, 5,000 rpm and 30 min, ramp 9, and press START.',
    'Read the vial within 60 s after the rotor has stopped. The sample must have 4.0 ± 1.0 °C.',
    'If it has not, choose Service > Calibration > Temperature and enter the reading. The controller accepts an offset of up to ± 3.0 °C.',
    'Repeat steps 2 and 3 at 4 °C and then at 20 °C, where 20.0 ± 1.5 °C is required.',
    'Press STORE. The offset is kept separately for each rotor; repeat the calibration for RS-4 if it is used for cells.',
  ),
  section('4.3 How to calibrate the speed'),
  text(
    'Speed is measured through the inspection port in the lid with an optical tachometer and the reflecting mark on the hub of RA-24. Run 3,000 rpm and 12,000 rpm for 3 min each. The readings must lie within ± 20 rpm and ± 60 rpm of the set speed. A larger deviation cannot be corrected by the user: the drive counts pulses of a quartz, so a wrong speed means a loose sensor. Stop using the centrifuge and call service.',
  ),
  section('4.4 How to calibrate the imbalance sensor'),
  steps(
    'Mount RS-4 with its four empty buckets and run 600 rpm for 2 min. The display must show an imbalance below 2 g.',
    'Put the test weight of 10.0 g (part QI-3342) into bucket 1 and choose Service > Calibration > Imbalance.',
    'Press START. The rotor turns at 600 rpm for 60 s and the sensor stores the reading as 10 g.',
    'Move the weight to bucket 3. The second reading may differ by at most 1.5 g; otherwise level the bench and begin again.',
  ),
  table({
    title: 'Table 2. Limits of the calibration',
    ruled: true,
    widths: [1.5, 1.3, 1.2, 1.4],
    head: ['Quantity', 'Set value', 'Limit', 'Interval'],
    rows: [
      ['Sample temperature', '4 °C', '± 1.0 °C', '12 months'],
      ['Sample temperature', '20 °C', '± 1.5 °C', '12 months'],
      ['Speed', '3,000 rpm', '± 20 rpm', '12 months'],
      ['Speed', '12,000 rpm', '± 60 rpm', '12 months'],
      ['Imbalance', '10.0 g', '± 1.5 g', '24 months'],
      ['Timer', '30 min', '± 3 s', '24 months'],
    ],
  }),
];

const care: Block[] = [
  chapter('5 Care and maintenance'),
  section('5.1 Cleaning'),
  text(
    'Wipe the chamber dry after each day and leave the lid open overnight; water that freezes on the coil lowers the cooling by up to 3 °C. Clean rotors weekly with a neutral detergent of pH 6 to 8, rinse with deionised water and dry them upside down. Hypochlorite destroys aluminium rotors within hours. For disinfection use 70 % ethanol for 10 min; rotors, not their lids, may be autoclaved at 121 °C for 20 min.',
  ),
  caution(
    'Grease the pivots of RS-4 and RP-2 every week. A dry pivot stops a bucket from swinging and breaks tubes.',
  ),
  table({
    title: 'Table 3. Maintenance plan',
    ruled: false,
    widths: [1, 3.6],
    head: ['Interval', 'Work'],
    rows: [
      ['Daily', 'Dry the chamber, look for broken glass, leave the lid open.'],
      ['Weekly', 'Wash rotors, grease pivots with QI-3311, oil the hub thread with one drop.'],
      ['Monthly', 'Brush the condenser grille; check rubber inserts and lid seals for cracks.'],
      ['12 months', 'Calibrate temperature and speed; replace rotor lid seals (QI-3320).'],
      ['36 months', 'Service replaces gas springs of the lid and the drive dampers.'],
    ],
  }),
  section('5.2 Opening the lid without power'),
  steps(
    'Pull the mains plug and wait for at least 10 min. Look through the inspection port that the rotor stands still.',
    'Take the plastic plug out of the front panel, lower right.',
    'Pull the cord behind it with a steady force until the lock clicks, then lift the lid.',
  ),
  section('5.3 Parts'),
  table({
    title: 'Table 4. Parts and consumables',
    ruled: false,
    widths: [1, 3, 1],
    head: ['Part', 'Name', 'Pack'],
    rows: [
      ['QI-3305', 'Hub key, 5 N m', '1'],
      ['QI-3311', 'Pivot grease', '50 mL'],
      ['QI-3320', 'Seal set for rotor lids', '4'],
      ['QI-3328', 'Rubber inserts for 2 mL tubes to 0.5 mL', '24'],
      ['QI-3340', 'Thermometer vial with certificate', '1'],
      ['QI-3342', 'Test weight 10.0 g', '1'],
    ],
  }),
  chapter('6 Errors'),
  text(
    'After an error the rotor is braked or runs out, as the table says. The lid stays locked until it stands. Switch the mains off for 10 s to clear a code; a code that comes back three times in a day belongs to service.',
  ),
  table({
    title: 'Table 5. Error codes',
    ruled: true,
    widths: [0.75, 1.7, 0.9, 3],
    head: ['Code', 'Meaning', 'Rotor', 'What to do'],
    rows: [
      ['E-201', 'Lid not locked', 'stands', 'Open, remove dirt from the hooks, close firmly.'],
      ['E-204', 'Rotor not recognised', 'braked', 'Tighten the rotor; clean the magnets in the hub.'],
      [
        'E-207',
        'Speed above the limit of the rotor',
        'braked',
        'Set a lower speed. Check that the rotor name shown is right.',
      ],
      [
        'E-212',
        'Imbalance',
        'runs out',
        'Balance the load within the limits of section 3.1; grease the pivots; calibrate the sensor.',
      ],
      [
        'E-215',
        'Drive too hot, above 95 °C',
        'runs out',
        'Let it cool for 30 min; brush the condenser grille.',
      ],
      [
        'E-221',
        'Chamber warmer than 50 °C',
        'runs out',
        'Leave the lid open for 20 min; check the room temperature.',
      ],
      ['E-224', 'Temperature sensor', 'runs out', 'Do not use for cooled samples; call service.'],
      [
        'E-230',
        'Mains failed in the run',
        'runs out',
        'Wait for standstill; the run must be started again by hand.',
      ],
      [
        'E-241',
        'Rotor life reached',
        'stands',
        'Replace the rotor. The counter cannot be reset by the user.',
      ],
    ],
  }),
  chapter('7 Technical data'),
  table({
    title: 'Table 6. Technical data',
    ruled: false,
    widths: [1.4, 2.6],
    head: ['Quantity', 'Value'],
    rows: [
      ['Speed', '200 to 15,000 rpm, in steps of 10 rpm'],
      ['Force', 'up to 21,130 × g (RA-24)'],
      ['Capacity', 'up to 4 × 250 mL'],
      ['Temperature', '-10 to 40 °C, accuracy ± 1.0 °C at 4 °C'],
      ['Timer', '10 s to 99 h, HOLD, SHORT'],
      ['Energy of the rotor', '11.8 kJ at most'],
      ['Refrigerant', '190 g, free of chlorine'],
      ['Sound', '57 dB(A) at full speed'],
      ['Power', '230 V ± 10 %, 50 Hz, 1.45 kW'],
      ['Size', '690 × 620 × 345 mm, lid open 790 mm high'],
      ['Mass', '84 kg without rotor'],
    ],
  }),
  chapter('8 Transport and disposal'),
  text(
    'Take the rotor out before the centrifuge is moved; a rotor left on its cone damages the bearings at the first jolt. Two persons lift the housing by its feet, never by the lid. For transport by road fix the drive with the two red bolts from the accessory bag and keep the centrifuge upright: if it has lain on its side for more than 10 min, let it stand for 24 h instead of 4 h before it is switched on.',
  ),
  text(
    'Decontaminate chamber and rotors before the centrifuge leaves the laboratory and fill in form QF-17. The refrigerant must be recovered by a licensed workshop. Rotors at the end of their life are made unusable by a hole of 10 mm through the hub before they go to scrap, so that nobody runs them again.',
  ),
];

export const oakspindleManual: Manual = {
  title: 'Oakspindle R6 Refrigerated Centrifuge',
  subtitle: 'User manual',
  number: 'QM-R6-02',
  revision: 'B',
  date: new Date(Date.UTC(2025, 10, 17, 8)),
  size: [612, 792],
  trim: 0,
  face: 'Helvetica',
  columns: 1,
  front: 'cover',
  emblem: centrifugeSection,
  blocks: [...basics, ...running, ...calibration, ...care],
};
