import { answer, ids, legacyCitation } from '../samples.ts';
import type { Golden } from './golden.ts';

const regenerated = (row: string, url: string): Golden => ({
  row,
  send: { url, body: { request_id: 'key-0002' } },
  script: { 'chat.regenerateAndWait': () => answer },
  input: { turnId: ids.turn, clientKey: 'key-0002' },
  body: {
    turn_id: ids.turn,
    answer: 'Set it to 18 °C.[1]',
    citations: [legacyCitation],
    session_id: ids.session,
  },
});

const rated = (row: string, url: string): Golden[] => [
  {
    row,
    send: { url, body: { rating: 'dislike', tag: 'hallucination', comment: 'There is no such valve.' } },
    script: { 'chat.feedback': () => ({ ok: true }) },
    input: {
      turnId: ids.turn,
      rating: 'dislike',
      tag: 'hallucination',
      comment: 'There is no such valve.',
    },
    body: { status: 'ok' },
  },
  {
    row,
    send: { url, body: { rating: null, tag: null } },
    script: { 'chat.feedback': () => ({ ok: true }) },
    input: { turnId: ids.turn, rating: null },
    body: { status: 'ok' },
  },
];

const attached: Golden = {
  row: 'POST /api/chat/attach',
  send: {
    url: '/api/chat/attach',
    parts() {
      const form = new FormData();
      form.append('instrument_id', ids.instrument);
      form.append('question', 'How cold?');
      form.append('files', new File(['a log'], 'log.md', { type: 'text/markdown' }));
      form.append('session_id', ids.session);
      return form;
    },
  },
  script: {
    'chat.attach': () => answer,
    'chat.initiateAttachment': () => ({ uploadId: ids.upload }),
  },
  input: {
    instrumentId: ids.instrument,
    question: 'How cold?',
    uploadIds: [ids.upload],
    sessionId: ids.session,
    ingest: false,
  },
  body: {
    turn_id: ids.turn,
    answer: 'Set it to 18 °C.[1]',
    citations: [legacyCitation],
    session_id: ids.session,
  },
};

export const chatGoldens: Golden[] = [
  attached,
  regenerated('POST /api/chat/regen/:turn_id', `/api/chat/regen/${ids.turn}`),
  regenerated('POST /api/chat/turns/:turn_id/regenerate', `/api/chat/turns/${ids.turn}/regenerate`),
  ...rated('POST /api/chat/turn/:turn_id/feedback', `/api/chat/turn/${ids.turn}/feedback`),
  ...rated('POST /api/chat/turns/:turn_id/feedback', `/api/chat/turns/${ids.turn}/feedback`),
];
