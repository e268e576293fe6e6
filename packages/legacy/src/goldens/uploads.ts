import { ids } from '../samples.ts';
import type { Golden } from './golden.ts';

const upload = '01900000-0000-7000-8000-0000000000b1';

const initiate = (body: object | undefined, input: object): Golden => ({
  row: 'POST /api/uploads/initiate',
  send: { url: '/api/uploads/initiate', ...(body ? { body } : {}) },
  script: {
    'uploads.initiate': () => ({
      uploadId: upload,
      url: 'http://store.test/incoming/x?sig=y',
      headers: { 'content-type': 'application/octet-stream' },
      expiresAt: new Date('2026-05-01T10:00:00.000Z'),
      maxBytes: 1_000,
    }),
  },
  input,
  status: 201,
  body: {
    upload_id: upload,
    signed_url: 'http://store.test/incoming/x?sig=y',
    headers: { 'content-type': 'application/octet-stream' },
  },
});

const complete = (sent: { body: object } | { form: string }, input: object): Golden => ({
  row: 'PATCH /api/uploads/:upload_id/complete',
  send: { url: `/api/uploads/${upload}/complete`, ...sent },
  script: {
    'uploads.complete': () => ({ sourceId: ids.source, versionId: ids.version, status: 'uploaded' }),
  },
  input: { uploadId: upload, instrumentId: ids.instrument, ...input },
  body: { source_id: ids.source, status: 'uploaded' },
});

const described = {
  type: 'pdf',
  title: 'Operating manual',
  category: 'manual',
  description: 'For the lab.',
  version: 'rev C',
};

export const uploadGoldens: Golden[] = [
  initiate(undefined, {}),
  initiate(
    { filename: 'manual.pdf', content_type: 'application/pdf', size: 1234, instrument_id: ids.instrument },
    { filename: 'manual.pdf', contentType: 'application/pdf', size: 1234, instrumentId: ids.instrument },
  ),
  complete({ body: { instrument_id: ids.instrument } }, {}),
  complete(
    {
      body: {
        instrument_id: ids.instrument,
        ...described,
        model_tags: ['X-100', 'one, two'],
        folder_id: ids.folder,
        source_id: ids.source,
      },
    },
    { ...described, modelTags: ['X-100', 'one, two'], folderId: ids.folder, sourceId: ids.source },
  ),
  complete(
    { body: { instrument_id: ids.instrument, captions_for: ids.source, captions: '' } },
    { captionsFor: ids.source },
  ),
  complete({ form: `instrument_id=${ids.instrument}&captions=${ids.citation}` }, { captions: ids.citation }),
  complete(
    { body: { instrument_id: ids.instrument, title: null, category: '', folder_id: null, source_id: '' } },
    {},
  ),
  complete(
    {
      form: `instrument_id=${ids.instrument}&title=Operating+manual&model_tags=X-100&model_tags=X-200&folder_id=`,
    },
    { title: 'Operating manual', modelTags: ['X-100', 'X-200'] },
  ),
  complete(
    { form: `instrument_id=${ids.instrument}&model_tags=X-100%2C+X-200&category=sop` },
    {
      modelTags: ['X-100', 'X-200'],
      category: 'sop',
    },
  ),
  complete(
    { form: `instrument_id=${ids.instrument}&model_tags=%5B%22X-100%22%2C%22one%2C+two%22%5D` },
    { modelTags: ['X-100', 'one, two'] },
  ),
];
