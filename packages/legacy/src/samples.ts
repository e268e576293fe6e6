import type { Answer, Citation, Instrument, Located, Recording, Source } from '@rayni/contract';

/** One id per thing, so that a mixed-up field shows. */
export const ids = {
  instrument: '01900000-0000-7000-8000-000000000001',
  folder: '01900000-0000-7000-8000-000000000002',
  source: '01900000-0000-7000-8000-000000000003',
  version: '01900000-0000-7000-8000-000000000004',
  fragment: '01900000-0000-7000-8000-000000000005',
  citation: '01900000-0000-7000-8000-000000000006',
  session: '01900000-0000-7000-8000-000000000007',
  userTurn: '01900000-0000-7000-8000-000000000008',
  turn: '01900000-0000-7000-8000-000000000009',
  user: '01900000-0000-7000-8000-00000000000a',
  upload: '01900000-0000-7000-8000-00000000000f',
};

export const citation: Citation = {
  id: ids.citation,
  marker: 1,
  sourceId: ids.source,
  sourceTitle: 'Operating manual',
  sourceType: 'pdf',
  versionId: ids.version,
  fragmentId: ids.fragment,
  quote: 'Set the chiller to 18 °C.',
  ranges: [{ unit: 3, start: 10, end: 35 }],
  locator: {
    kind: 'pdf',
    spans: [
      {
        page: 3,
        width: 595,
        height: 842,
        rects: [
          { x: 72, y: 100, w: 200, h: 12 },
          { x: 60, y: 114, w: 90, h: 12 },
        ],
      },
      { page: 4, width: 595, height: 842, rects: [{ x: 72, y: 50, w: 40, h: 12 }] },
    ],
  },
  support: 'verbatim',
  reasons: [],
  score: 0.93,
};

export const legacyCitation = {
  source_id: ids.source,
  source_title: 'Operating manual',
  source_type: 'pdf',
  fragment_id: ids.fragment,
  score: 0.93,
  id: ids.citation,
  marker: 1,
  quote: 'Set the chiller to 18 °C.',
  support: 'verbatim',
  locator: citation.locator,
};

export const answer: Answer = {
  sessionId: ids.session,
  userTurnId: ids.userTurn,
  turnId: ids.turn,
  status: 'done',
  reason: 'answered',
  text: 'Set it to 18 °C.[1]',
  citations: [citation],
  notice: null,
};

export const instrument: Instrument = {
  id: ids.instrument,
  name: 'Sorrelight 320',
  vendor: 'Sorrel',
  models: ['320', '320-S'],
  visibility: 'public',
  description: 'A spectrometer.',
  updatedAt: new Date('2026-03-01T12:30:00.000Z'),
};

export const legacyInstrument = {
  id: ids.instrument,
  name: 'Sorrelight 320',
  vendor: 'Sorrel',
  models_arr: ['320', '320-S'],
  visibility: 'public',
  description: 'A spectrometer.',
  updated_at: '2026-03-01T12:30:00.000Z',
};

export const source: Source = {
  id: ids.source,
  instrumentId: ids.instrument,
  folderId: ids.folder,
  type: 'pdf',
  title: 'Operating manual',
  category: 'manual',
  description: 'The maker’s manual.',
  version: 'rev C',
  modelTags: ['320'],
  storageUri: 'upload:manual.pdf',
  status: 'archived',
  statusDetail: null,
  checksum: 'sha256:ab',
  archived: true,
  archivedAt: new Date('2026-04-01T00:00:00.000Z'),
  createdAt: new Date('2026-03-02T08:00:00.000Z'),
};

export const legacySource = {
  id: ids.source,
  instrument: ids.instrument,
  folder: ids.folder,
  type: 'pdf',
  title: 'Operating manual',
  category: 'manual',
  description: 'The maker’s manual.',
  version: 'rev C',
  model_tags: ['320'],
  storage_uri: 'upload:manual.pdf',
  status: 'archived',
  status_detail: null,
  checksum: 'sha256:ab',
  archived: true,
  archived_at: '2026-04-01T00:00:00.000Z',
  created_at: '2026-03-02T08:00:00.000Z',
};

export const located: Located = {
  sourceId: ids.source,
  versionId: ids.version,
  fragmentId: ids.fragment,
  type: 'pdf',
  title: 'Operating manual',
  filename: 'manual.pdf',
  mediaType: 'application/pdf',
  version: 'rev C',
  checksum: 'sha256:ab',
  quote: citation.quote,
  locator: citation.locator,
  byModel: false,
  doubtful: [],
  alt: '',
  current: true,
  deleted: false,
  url: 'http://rayni.test/files/x?sig=y',
  urlExpiresAt: new Date('2026-11-22T00:15:00.000Z'),
};

export const recording: Recording = {
  ...located,
  type: 'video',
  locator: { kind: 'time', start: 12.5, end: 17, speaker: 'Trainer' },
  duration: 95.5,
  transcriptFrom: 'captions',
  transcript: [
    { start: 12.5, end: 17, text: 'Set the chiller to 18 °C.' },
    { start: 18.25, end: 20, text: 'Wait.' },
  ],
  posterUrl: 'http://rayni.test/files/poster?sig=y',
};
