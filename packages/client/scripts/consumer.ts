/* oxlint-disable no-unused-vars, typescript/no-unnecessary-type-parameters, typescript/consistent-return -- type-level tests look odd to a linter */
// Compiled by check-package.ts in a project that has nothing but the packed client: what must compile, and what must not.
import {
  type Answer,
  type ChatEvent,
  type Citation,
  createRayniClient,
  emptyDraft,
  type ErrorCode,
  isRayniError,
  type Locator,
  type RayniClient,
  reduceAnswer,
  type SourceChange,
  toRayniError,
} from '@rayni/client';
import { fileFromPath } from '@rayni/client/node';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(_?: T) => {};

const rayni: RayniClient = createRayniClient({
  url: 'http://localhost:8000',
  token: 't',
  fetch,
  headers: () => ({ a: 'b' }),
});
const instrumentId = 'id';

export async function asks(signal: AbortSignal): Promise<string> {
  let draft = emptyDraft;
  for await (const event of rayni.chat.ask({ instrumentId, question: 'Why?' }, { signal })) {
    draft = reduceAnswer(draft, event);
    holds<Same<typeof event, ChatEvent>>();
    switch (event.type) {
      case 'turn-start':
      case 'text-delta':
      case 'citation':
      case 'turn-reset':
        break;
      case 'turn-end':
        return event.reason;
      default:
        event satisfies never;
    }
    // @ts-expect-error not every event has a text
    void event.text;
    // @ts-expect-error there is no such event
    if (event.type === 'error') return '';
  }
  return draft.text;
}

export async function follows(signal: AbortSignal): Promise<string> {
  for await (const change of rayni.sources.follow(['id'], { signal })) {
    holds<Same<typeof change, SourceChange>>();
    if (change.type === 'changed' && change.source.status === 'approved') return change.source.sourceId;
    // @ts-expect-error the present state comes as changes
    if (change.type === 'present') return '';
  }
  const { state, difference, passage } = await rayni.proofs.state('id');
  // @ts-expect-error there is no such state
  if (state === 'lost') return '';
  return state === 'changed'
    ? difference.map(({ kind, text }) => `${kind}: ${text}`).join()
    : (passage?.text ?? '');
}

export async function reads(): Promise<Answer> {
  const answer = await rayni.chat.answer({
    instrumentId,
    question: 'Why?',
    sessionId: 's',
    clientKey: '12345678',
  });
  const [proof] = answer.citations;
  if (proof) holds<Same<typeof proof, Citation>>();
  return answer;
}

export async function calls() {
  const instruments = await rayni.trpc.instruments.list.query();
  holds<Same<(typeof instruments)[number]['updatedAt'], Date>>();
  const page = await rayni.trpc.sources.list.query({ instrumentId, status: 'approved' });
  holds<Same<typeof page.total, number>>();
  rayni.trpc.chat.events.subscribe({ turnId: 't' }, { onData: ({ id, data }) => `${id}${data.type}` });
  const located = await rayni.trpc.viewer.locate.query({ target: 'c' });
  holds<Same<typeof located.locator, Locator>>();
  const done = await rayni.uploads.put(await fileFromPath('a.pdf'), {
    instrumentId,
    title: 'A',
    onProgress: (sent) => sent.toFixed(),
  });
  return [await rayni.uploads.put(new Blob([]), { instrumentId }), done.sourceId.toUpperCase()];
}

export function explains(error: unknown): ErrorCode {
  if (isRayniError(error)) return error.code;
  const { code, fields, requestId } = toRayniError(error);
  holds<Same<typeof fields, Record<string, string[]> | undefined>>();
  holds<Same<typeof requestId, string | undefined>>();
  // @ts-expect-error the list of codes is closed
  if (code === 'TEAPOT') return 'INTERNAL';
  return code;
}

export function boxes(locator: Locator): number {
  switch (locator.kind) {
    case 'pdf':
      return locator.spans.length;
    case 'image':
      return locator.rects.length;
    case 'time':
    case 'text':
    case 'slide':
    case 'sheet':
    case 'none':
      return 0;
  }
}

export async function wrong() {
  // @ts-expect-error a question is text
  rayni.chat.ask({ instrumentId, question: 7 });
  // @ts-expect-error the instrument is missing
  rayni.chat.ask({ question: 'Why?' });
  // @ts-expect-error there is no such field
  rayni.chat.ask({ instrumentId, question: 'Why?', temperature: 1 });
  // @ts-expect-error there is no such procedure
  await rayni.trpc.chat.answerEverything.mutate({});
  // @ts-expect-error a query is not a mutation
  await rayni.trpc.instruments.list.mutate();
  // @ts-expect-error there is no such status
  await rayni.trpc.sources.list.query({ instrumentId, status: 'lost' });
  // @ts-expect-error there is no such type of source
  await rayni.uploads.put(new Blob([]), { instrumentId, type: 'spreadsheet' });
  // @ts-expect-error an address is needed
  createRayniClient({});
  // @ts-expect-error the output has no such field
  void (await rayni.auth.me()).password;
}
