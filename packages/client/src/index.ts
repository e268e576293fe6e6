export type { ClientRouter } from '@rayni/api/client-router';
export type * from '@rayni/contract';
export {
  type AnswerStream,
  type CallOptions,
  type ChatClient,
  type Draft,
  emptyDraft,
  reduceAnswer,
} from './chat.ts';
export {
  type AuthClient,
  createRayniClient,
  type ProofClient,
  type RayniClient,
  type RayniClientOptions,
} from './client.ts';
export { isRayniError, RayniError, toRayniError } from './errors.ts';
export type { EventSourceConstructor } from './event-stream.ts';
export type { RetryPolicy } from './retry.ts';
export type { SourceChange, SourceClient } from './sources.ts';
export type { UploadClient, UploadFile, UploadOptions } from './uploads.ts';
