import type { CitationState, Folder, SourceVersion } from '@rayni/contract';
import { ids, instrument, legacyInstrument, legacySource, located, source, recording } from '../samples.ts';
import type { Golden } from './golden.ts';

const folder: Folder = { id: ids.folder, instrumentId: ids.instrument, name: 'Manuals', parentId: null };
const legacyFolder = { id: ids.folder, instrument: ids.instrument, name: 'Manuals', parent: null };

const version: SourceVersion = {
  id: ids.version,
  sourceId: ids.source,
  version: 'rev C',
  ordinal: 2,
  filename: 'manual.pdf',
  storageUri: `/media/${ids.source}`,
  checksum: 'sha256:ab',
  current: true,
  createdAt: new Date('2026-03-02T08:00:00.000Z'),
};
const legacyVersion = {
  id: ids.version,
  source: ids.source,
  version: 'rev C',
  storage_uri: `/media/${ids.source}`,
  checksum: 'sha256:ab',
  created_at: '2026-03-02T08:00:00.000Z',
};
const versions = (row: string, url: string): Golden => ({
  row,
  send: { url: `${url}?source=${ids.source}` },
  script: { 'sources.versions': () => [version] },
  input: { sourceId: ids.source, limit: 10_000 },
  body: [legacyVersion],
});

const fields = {
  name: 'Sorrelight 320',
  vendor: 'Sorrel',
  models_arr: ['320', '320-S'],
  visibility: 'public',
  description: 'A spectrometer.',
};
const { models_arr: models, ...same } = fields;
const gone = (row: string, url: string, procedure: string, id: string): Golden => ({
  row,
  send: { url },
  script: { [procedure]: () => ({ ok: true }) },
  input: { id },
  status: 204,
  body: undefined,
});

/** Acts on instruments, folders and sources, and places in recordings and images. */
export const libraryGoldens: Golden[] = [
  {
    row: 'POST /api/instruments/',
    send: { url: '/api/instruments/', body: fields },
    script: { 'instruments.create': () => instrument },
    input: { ...same, models },
    status: 201,
    body: legacyInstrument,
  },
  {
    row: 'POST /api/instruments/',
    send: { url: '/api/instruments/', form: 'name=Sorrelight+320&vendor=&models_arr=320&models_arr=320-S' },
    script: { 'instruments.create': () => instrument },
    input: { name: 'Sorrelight 320', models },
    status: 201,
    body: legacyInstrument,
  },
  {
    row: 'PATCH /api/instruments/:id/',
    send: { url: `/api/instruments/${ids.instrument}/`, body: { vendor: '', owner: 'nobody knows' } },
    script: { 'instruments.update': () => instrument },
    input: { id: ids.instrument, vendor: '' },
    body: legacyInstrument,
  },
  {
    row: 'PUT /api/instruments/:id/',
    send: { url: `/api/instruments/${ids.instrument}/`, body: legacyInstrument },
    script: { 'instruments.replace': () => instrument },
    input: { id: ids.instrument, ...same, models },
    body: legacyInstrument,
  },
  gone(
    'DELETE /api/instruments/:id/',
    `/api/instruments/${ids.instrument}/`,
    'instruments.delete',
    ids.instrument,
  ),
  {
    row: 'POST /api/folders/',
    send: { url: '/api/folders/', body: { instrument: ids.instrument, name: 'Manuals' } },
    script: { 'folders.create': () => folder },
    input: { instrumentId: ids.instrument, name: 'Manuals' },
    status: 201,
    body: legacyFolder,
  },
  {
    row: 'POST /api/folders/',
    send: {
      url: '/api/folders/',
      body: { instrument_id: ids.instrument, name: 'Manuals', parent: ids.version },
    },
    script: { 'folders.create': () => ({ ...folder, parentId: ids.version }) },
    input: { instrumentId: ids.instrument, name: 'Manuals', parentId: ids.version },
    status: 201,
    body: { ...legacyFolder, parent: ids.version },
  },
  {
    row: 'PATCH /api/folders/:id/',
    send: { url: `/api/folders/${ids.folder}/`, body: { parent: null } },
    script: { 'folders.update': () => folder },
    input: { id: ids.folder, parentId: null },
    body: legacyFolder,
  },
  gone('DELETE /api/folders/:id/', `/api/folders/${ids.folder}/`, 'folders.delete', ids.folder),
  {
    row: 'POST /api/sources/',
    send: {
      url: '/api/sources/',
      body: {
        instrument: ids.instrument,
        type: 'note',
        title: 'Operating manual',
        text: 'Set it to 18 °C.',
        category: 'manual',
        model_tags: ['320'],
        folder: ids.folder,
      },
    },
    script: { 'sources.create': () => source },
    input: {
      type: 'note',
      instrumentId: ids.instrument,
      title: 'Operating manual',
      text: 'Set it to 18 °C.',
      category: 'manual',
      modelTags: ['320'],
      folderId: ids.folder,
    },
    status: 201,
    body: legacySource,
  },
  {
    row: 'POST /api/sources/',
    send: {
      url: '/api/sources/',
      form: `instrument=${ids.instrument}&type=url&title=&storage_uri=https%3A%2F%2Flab.example%2F&model_tags=320%2C+321&folder=`,
    },
    script: { 'sources.create': () => source },
    input: {
      type: 'url',
      instrumentId: ids.instrument,
      url: 'https://lab.example/',
      modelTags: ['320', '321'],
      folderId: null,
    },
    status: 201,
    body: legacySource,
  },
  {
    row: 'PATCH /api/sources/:id/',
    send: {
      url: `/api/sources/${ids.source}/`,
      body: { title: 'Manual', status: 'rejected', status_detail: 'Outdated.', category: null, owner: 'x' },
    },
    script: { 'sources.update': () => source },
    input: { id: ids.source, title: 'Manual', status: 'rejected', detail: 'Outdated.', category: null },
    body: legacySource,
  },
  {
    row: 'PATCH /api/sources/:id/',
    send: { url: `/api/sources/${ids.source}/`, form: 'model_tags=%5B%22a%2Cb%22%2C%22c%22%5D' },
    script: { 'sources.update': () => source },
    input: { id: ids.source, modelTags: ['a,b', 'c'] },
    body: legacySource,
  },
  gone('DELETE /api/sources/:id/', `/api/sources/${ids.source}/`, 'sources.delete', ids.source),
  {
    row: 'PATCH /api/sources/:id/archive',
    send: { url: `/api/sources/${ids.source}/archive` },
    script: { 'sources.archive': () => source },
    input: { id: ids.source },
    body: legacySource,
  },
  versions('GET /api/source-versions/', '/api/source-versions/'),
  versions('GET /api/sourceversions/', '/api/sourceversions/'),
  {
    row: 'GET /api/citations/:citation_id/state',
    send: { url: `/api/citations/${ids.citation}/state` },
    script: {
      'viewer.citationState': (): CitationState => ({
        citationId: ids.citation,
        sourceId: ids.source,
        state: 'changed',
        quote: 'Set the chiller to 18 °C.',
        versionId: ids.version,
        version: 'rev C',
        newest: { versionId: ids.turn, version: 'rev D' },
        passage: {
          fragmentId: ids.fragment,
          text: 'Set the chiller to 16 °C.',
          ranges: [{ unit: 1, start: 10, end: 35 }],
          locator: { kind: 'text', start: 10, end: 35 },
        },
        closeness: 0.9,
        difference: [
          { kind: 'same', text: 'Set the chiller to ' },
          { kind: 'removed', text: '18' },
          { kind: 'added', text: '16' },
          { kind: 'same', text: ' °C.' },
        ],
      }),
    },
    input: { citationId: ids.citation },
    body: {
      id: ids.citation,
      source_id: ids.source,
      state: 'changed',
      quote: 'Set the chiller to 18 °C.',
      version: 'rev C',
      newest_version: 'rev D',
      passage: {
        fragment_id: ids.fragment,
        text: 'Set the chiller to 16 °C.',
        locator: { kind: 'text', start: 10, end: 35 },
      },
      closeness: 0.9,
      difference: [
        { kind: 'same', text: 'Set the chiller to ' },
        { kind: 'removed', text: '18' },
        { kind: 'added', text: '16' },
        { kind: 'same', text: ' °C.' },
      ],
    },
  },
  {
    row: 'GET /api/viewer/video/:source_id',
    send: { url: `/api/viewer/video/${ids.source}?fragment=${ids.citation}` },
    script: { 'viewer.recording': () => recording },
    input: { sourceId: ids.source, target: ids.citation },
    body: {
      type: 'video',
      t_start: 12.5,
      t_end: 17,
      transcript: [
        { t: 12.5, text: 'Set the chiller to 18 °C.' },
        { t: 18.25, text: 'Wait.' },
      ],
      duration: 95.5,
      poster_url: 'http://rayni.test/files/poster?sig=y',
      url: 'http://rayni.test/files/x?sig=y',
      quote: 'Set the chiller to 18 °C.',
    },
  },
  {
    row: 'GET /api/viewer/video/:source_id',
    send: { url: `/api/viewer/video/${ids.source}` },
    script: {
      'viewer.recording': () => ({
        ...recording,
        locator: { kind: 'none' },
        duration: null,
        transcriptFrom: null,
        transcript: [],
        posterUrl: '',
      }),
    },
    input: { sourceId: ids.source },
    body: {
      type: 'video',
      t_start: null,
      t_end: null,
      transcript: [],
      duration: null,
      poster_url: '',
      url: 'http://rayni.test/files/x?sig=y',
      quote: 'Set the chiller to 18 °C.',
    },
  },
  {
    row: 'GET /api/viewer/image/:source_id',
    send: { url: `/api/viewer/image/${ids.source}?fragment=${ids.citation}` },
    script: {
      'viewer.locate': () => ({
        ...located,
        type: 'image',
        alt: 'The front panel of the chiller.',
        locator: {
          kind: 'image',
          page: 2,
          width: 1_600,
          height: 1_200,
          rects: [
            { x: 100, y: 200, w: 50, h: 20 },
            { x: 90, y: 225, w: 80, h: 20 },
          ],
        },
      }),
    },
    input: { sourceId: ids.source, target: ids.citation },
    body: {
      type: 'image',
      region: { x: 90, y: 200, w: 80, h: 45 },
      width: 1_600,
      height: 1_200,
      page: 2,
      alt_text: 'The front panel of the chiller.',
      url: 'http://rayni.test/files/x?sig=y',
      quote: 'Set the chiller to 18 °C.',
    },
  },
  {
    row: 'GET /api/viewer/image/:source_id',
    send: { url: `/api/viewer/image/${ids.source}` },
    script: { 'viewer.locate': () => ({ ...located, type: 'image', locator: { kind: 'none' } }) },
    input: { sourceId: ids.source },
    body: {
      type: 'image',
      region: null,
      width: null,
      height: null,
      page: null,
      alt_text: '',
      url: 'http://rayni.test/files/x?sig=y',
      quote: 'Set the chiller to 18 °C.',
    },
  },
];
