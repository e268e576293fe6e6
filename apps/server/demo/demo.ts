import type { GrantRole, SourceCategory, SourceType, Visibility } from '@rayni/contract';

export type DemoAccount = { id: string; email: string; name: string; isAdmin: boolean };
export type DemoInstrument = {
  id: string;
  name: string;
  vendor: string;
  models: string[];
  visibility: Visibility;
  description: string;
};
export type DemoGrant = { id: string; userId: string; instrumentId: string; role: GrantRole };
export type DemoFolder = { id: string; instrumentId: string; name: string; parentId: string | null };
export type DemoSource = {
  id: string;
  instrumentId: string;
  folderId: string;
  type: SourceType;
  title: string;
  category: SourceCategory;
  description: string;
  version: string;
  modelTags: string[];
  /** Name of a file beside this one. */
  file: string;
  /** Name of the captions of a recording, beside this one. */
  captions?: string;
  mediaType: string;
  /** Of a web page: the address it is taken to be from; it is kept here and never fetched. */
  url?: string;
  /** Pages of a PDF; 1 for everything else. */
  pages: number;
};
/** A question and where its answer stands: `phrase` is on page `page` (from 1) of `file`. No place: the documents do not say. */
export type DemoQuestion = {
  instrumentId: string;
  question: string;
  expect: { file: string; page: number; phrase: string }[];
};

// Fixed, so that loading the demo twice makes nothing twice.
const id = (kind: number, n: number) =>
  `019a3c00-0000-7000-8000-00000000${kind}${String(n).padStart(3, '0')}`;

const vendor = 'Quenderby Instruments';
const fictional = 'Fictional demonstration instrument. ';

const admin: DemoAccount = { id: id(1, 1), email: 'admin@rayni.com', name: 'Demo Admin', isAdmin: true };
const user: DemoAccount = { id: id(1, 2), email: 'user@rayni.com', name: 'Demo User', isAdmin: false };

const sorrelight: DemoInstrument = {
  id: id(2, 1),
  name: 'Sorrelight 320 Flow Cytometer',
  vendor,
  models: ['SL-320', 'SL-320-TL'],
  visibility: 'public',
  description: `${fictional}Bench-top flow cytometer with three lasers, fourteen fluorescence channels and an optional tray loader.`,
};
const oakspindle: DemoInstrument = {
  id: id(2, 2),
  name: 'Oakspindle R6 Refrigerated Centrifuge',
  vendor,
  models: ['R6'],
  visibility: 'public',
  description: `${fictional}Refrigerated bench-top centrifuge up to 15,000 rpm, for tubes, bottles and plates.`,
};
const ionthicket: DemoInstrument = {
  id: id(2, 3),
  name: 'Ionthicket Q9 Mass Spectrometer',
  vendor,
  models: ['Q9'],
  visibility: 'restricted',
  description: `${fictional}Triple quadrupole mass spectrometer, m/z 15 to 2,000, with electrospray and APCI sources.`,
};
const lanternfen: DemoInstrument = {
  id: id(2, 4),
  name: 'Lanternfen 7 Confocal Microscope',
  vendor,
  models: ['LF-7'],
  visibility: 'restricted',
  description: `${fictional}Inverted confocal laser scanning microscope with four lines, three spectral detectors and an incubator.`,
};

const folder = (n: number, instrument: DemoInstrument, name: string): DemoFolder => ({
  id: id(3, n),
  instrumentId: instrument.id,
  name,
  parentId: null,
});
const folders = {
  sorrelightManuals: folder(1, sorrelight, 'Manuals'),
  sorrelightProcedures: folder(2, sorrelight, 'Procedures'),
  oakspindleManuals: folder(3, oakspindle, 'Manuals'),
  oakspindleNotes: folder(4, oakspindle, 'Lab notes'),
  ionthicketManuals: folder(5, ionthicket, 'Manuals'),
  lanternfenManuals: folder(6, lanternfen, 'Manuals'),
  oakspindleTraining: folder(7, oakspindle, 'Training films'),
};

const pdf = { type: 'pdf', mediaType: 'application/pdf' } as const;
const sources: DemoSource[] = [
  {
    ...pdf,
    id: id(4, 1),
    instrumentId: sorrelight.id,
    folderId: folders.sorrelightManuals.id,
    title: 'Sorrelight 320 operating manual',
    category: 'manual',
    description: 'Safety, operation, calibration, maintenance, error codes and specifications.',
    version: 'rev D',
    modelTags: ['SL-320', 'SL-320-TL'],
    file: 'sorrelight-320-manual.pdf',
    pages: 12,
  },
  {
    ...pdf,
    id: id(4, 2),
    instrumentId: sorrelight.id,
    folderId: folders.sorrelightProcedures.id,
    title: 'SOP: daily start-up and shutdown of the Sorrelight 320',
    category: 'sop',
    description: 'Steps and acceptance limits for every working day.',
    version: 'rev 3',
    modelTags: ['SL-320'],
    file: 'sorrelight-320-sop-daily.pdf',
    pages: 3,
  },
  {
    id: id(4, 12),
    instrumentId: sorrelight.id,
    folderId: folders.sorrelightManuals.id,
    type: 'url',
    mediaType: 'text/html',
    url: 'https://support.quenderby.example/sorrelight-320/software-update.html',
    title: 'Sorrelight 320: updating the acquisition software',
    category: 'maintenance',
    description: 'A page of the maker’s support: preparation, steps and versions of the software.',
    version: '2026-09',
    modelTags: ['SL-320', 'SL-320-TL'],
    file: 'sorrelight-320-software-update.html',
    pages: 1,
  },
  {
    ...pdf,
    id: id(4, 3),
    instrumentId: oakspindle.id,
    folderId: folders.oakspindleManuals.id,
    title: 'Oakspindle R6 user manual',
    category: 'manual',
    description: 'Rotors, running, calibration, care, error codes and technical data.',
    version: 'rev B',
    modelTags: ['R6'],
    file: 'oakspindle-r6-manual.pdf',
    pages: 9,
  },
  {
    id: id(4, 4),
    instrumentId: oakspindle.id,
    folderId: folders.oakspindleNotes.id,
    type: 'note',
    mediaType: 'text/markdown',
    title: 'Oakspindle R6: notes of the cold room lab',
    category: 'training',
    description: 'Booking, rotors, quirks and settings of one laboratory.',
    version: '2026-09',
    modelTags: ['R6'],
    file: 'oakspindle-r6-local-notes.md',
    pages: 1,
  },
  {
    // Drawn, spoken by a machine and put together by scripts/make-demo-film.ts.
    id: id(4, 7),
    instrumentId: oakspindle.id,
    folderId: folders.oakspindleTraining.id,
    type: 'video',
    mediaType: 'video/mp4',
    title: 'Oakspindle R6 training film: a rotor that is stuck',
    category: 'training',
    description: 'How to free a rotor from its cone, in 54 seconds.',
    version: '2026',
    modelTags: ['R6'],
    file: 'oakspindle-r6-stuck-rotor.mp4',
    captions: 'oakspindle-r6-stuck-rotor.vtt',
    pages: 1,
  },
  {
    id: id(4, 11),
    instrumentId: oakspindle.id,
    folderId: folders.oakspindleNotes.id,
    type: 'image',
    mediaType: 'image/jpeg',
    title: 'Oakspindle R6: front panel in the cold room',
    category: 'training',
    description: 'Display with an error, buttons and stickers of one instrument.',
    version: '2026-09',
    modelTags: ['R6'],
    file: 'oakspindle-r6-panel.jpg',
    pages: 1,
  },
  {
    // This and the workbook are made by scripts/make-demo-office.ts.
    id: id(4, 8),
    instrumentId: oakspindle.id,
    folderId: folders.oakspindleNotes.id,
    type: 'office',
    mediaType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    title: 'SOP: inspection of the rotors of the Oakspindle R6',
    category: 'sop',
    description: 'Interval, steps and decisions of the rotor inspection in one laboratory.',
    version: 'rev 2',
    modelTags: ['R6'],
    file: 'oakspindle-r6-sop-rotor-inspection.docx',
    pages: 1,
  },
  {
    id: id(4, 9),
    instrumentId: oakspindle.id,
    folderId: folders.oakspindleNotes.id,
    type: 'office',
    mediaType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    title: 'Oakspindle R6: tubes and rotor log',
    category: 'maintenance',
    description: 'Which tube fits which rotor, and the runs of each rotor of one laboratory.',
    version: '2026-11',
    modelTags: ['R6'],
    file: 'oakspindle-r6-tubes-and-rotor-log.xlsx',
    pages: 3,
  },
  {
    ...pdf,
    id: id(4, 5),
    instrumentId: ionthicket.id,
    folderId: folders.ionthicketManuals.id,
    title: 'Ionthicket Q9 operating and maintenance manual',
    category: 'manual',
    description: 'Design, operation, calibration, maintenance, troubleshooting and a worked example.',
    version: 'rev F',
    modelTags: ['Q9'],
    file: 'ionthicket-q9-manual.pdf',
    pages: 12,
  },
  {
    ...pdf,
    id: id(4, 6),
    instrumentId: lanternfen.id,
    folderId: folders.lanternfenManuals.id,
    title: 'Lanternfen 7 instructions for use',
    category: 'manual',
    description: 'Imaging, calibration, care, error codes and specifications.',
    version: 'rev C',
    modelTags: ['LF-7'],
    file: 'lanternfen-7-manual.pdf',
    pages: 6,
  },
];

const asked = (
  instrument: DemoInstrument,
  question: string,
  ...places: [file: string, page: number, phrase: string][]
): DemoQuestion => ({
  instrumentId: instrument.id,
  question,
  expect: places.map(([file, page, phrase]) => ({ file, page, phrase })),
});

const questions: DemoQuestion[] = [
  asked(
    sorrelight,
    'How do I calibrate this instrument?',
    ['sorrelight-320-manual.pdf', 7, 'To calibrate the cytometer you need calibration beads'],
    ['sorrelight-320-manual.pdf', 7, 'Vortex the calibration beads for 10 s and add 3 drops to 1.0 mL'],
    ['sorrelight-320-manual.pdf', 7, 'Press ACCEPT to store the calibration'],
  ),
  asked(sorrelight, 'What does error E-104 mean and what should I do?', [
    'sorrelight-320-manual.pdf',
    10,
    'Sheath pressure outside 34 ± 2 kPa',
  ]),
  asked(sorrelight, 'How long does the sheath filter last?', [
    'sorrelight-320-manual.pdf',
    8,
    'The filter lasts for 3 months or 200 L, whichever comes first',
  ]),
  asked(sorrelight, 'Which band pass filter does detector B2 have?', [
    'sorrelight-320-manual.pdf',
    5,
    '574/26 nm',
  ]),
  asked(sorrelight, 'What must not be touched while the status lamp blinks amber?', [
    'sorrelight-320-software-update.html',
    1,
    'While it blinks amber, the mains switch must not be touched.',
  ]),
  asked(sorrelight, 'What event rate may deionised water show at start-up?', [
    'sorrelight-320-sop-daily.pdf',
    2,
    'The event rate must fall below 120 per second',
  ]),
  asked(
    oakspindle,
    'How do I calibrate this instrument?',
    ['oakspindle-r6-manual.pdf', 6, 'Three things are calibrated on the Oakspindle R6'],
    ['oakspindle-r6-manual.pdf', 6, 'Fill the thermometer vial and 23 tubes with 1.5 mL of water each'],
    ['oakspindle-r6-manual.pdf', 6, 'Put the test weight of 10.0 g (part QI-3342) into bucket 1'],
  ),
  asked(oakspindle, 'What is the maximum RCF of rotor RA-24?', ['oakspindle-r6-manual.pdf', 4, '21,130 × g']),
  asked(oakspindle, 'What should I do when E-212 imbalance is shown?', [
    'oakspindle-r6-manual.pdf',
    8,
    'Balance the load within the limits of section 3.1',
  ]),
  asked(oakspindle, 'How do I open the lid without power?', [
    'oakspindle-r6-manual.pdf',
    7,
    'Pull the mains plug and wait for at least 10 min',
  ]),
  asked(oakspindle, 'How fast may rotor RA-6 turn in the cold room lab?', [
    'oakspindle-r6-local-notes.md',
    1,
    'its limit here is 9,000 rpm instead of 10,500 rpm',
  ]),
  asked(oakspindle, 'How do I pull off a rotor that is stuck on its cone?', [
    'oakspindle-r6-stuck-rotor.mp4',
    1,
    'Then turn its handle clockwise with both hands, three turns at most.',
  ]),
  asked(oakspindle, 'Which fuse is F2?', ['oakspindle-r6-panel.jpg', 1, 'Fuse F2: 10 A slow, 250 V']),
  asked(oakspindle, 'How do I inspect a rotor?', [
    'oakspindle-r6-sop-rotor-inspection.docx',
    1,
    'Roll the lid seal between two fingers.',
  ]),
  asked(oakspindle, 'How many runs are left for rotor RA-6?', [
    'oakspindle-r6-tubes-and-rotor-log.xlsx',
    2,
    'RA-6\tRA06-0093\t2019-10-21\t25,812\t30,000\t4,188',
  ]),
  asked(
    ionthicket,
    'How do I calibrate the mass scale?',
    ['ionthicket-q9-manual.pdf', 7, 'You need the calibration solution Q9 (part QI-4410)'],
    ['ionthicket-q9-manual.pdf', 7, 'start at 8 µL/min'],
    ['ionthicket-q9-manual.pdf', 6, 'The system must have been under vacuum for at least 12 h'],
  ),
  asked(ionthicket, 'What does code V-103 mean?', [
    'ionthicket-q9-manual.pdf',
    10,
    'Fore vacuum above 500 Pa after 6 min',
  ]),
  asked(ionthicket, 'How is the sampling cone cleaned?', [
    'ionthicket-q9-manual.pdf',
    8,
    'in the ultrasonic bath for 15 min',
  ]),
  asked(ionthicket, 'At which multiplier voltage must the detector be replaced?', [
    'ionthicket-q9-manual.pdf',
    4,
    'At 2,700 V it is due for replacement',
  ]),
  asked(
    lanternfen,
    'How do I calibrate the pinhole?',
    ['lanternfen-7-manual.pdf', 5, 'Choose Maintain > Pinhole and press START'],
    ['lanternfen-7-manual.pdf', 5, 'at least 78 % of that with an open pinhole'],
  ),
  asked(lanternfen, 'What does L-306 mean?', ['lanternfen-7-manual.pdf', 6, 'Focus hold lost']),
  asked(lanternfen, 'Which pinhole is one Airy unit for 63×/1.40 at 520 nm?', [
    'lanternfen-7-manual.pdf',
    4,
    'For 63×/1.40 at 520 nm this is 48 µm',
  ]),
  asked(lanternfen, 'To what temperature and carbon dioxide is the incubator set for live samples?', [
    'lanternfen-7-manual.pdf',
    3,
    '37.0 ± 0.3 °C, 5.0 ± 0.2 % carbon dioxide',
  ]),
];

/** What `rayni` shows without any document of one's own. The user's grant is on the restricted instrument that sorts last. */
export const demo = {
  accounts: [admin, user],
  instruments: [sorrelight, oakspindle, ionthicket, lanternfen],
  grants: [
    { id: id(5, 1), userId: user.id, instrumentId: lanternfen.id, role: 'trained_user' },
  ] satisfies DemoGrant[],
  folders: Object.values(folders),
  sources,
  questions,
  unanswerable: asked(sorrelight, 'How much does a yearly service contract cost?'),
};

/** Where the bytes of a demo source are. */
export const demoFile = (source: Pick<DemoSource, 'file'>): URL => new URL(source.file, import.meta.url);
