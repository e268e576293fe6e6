export { demoScript } from './demo-script.ts';
export { embeddingDimensions, hashedEmbedding } from './hashed-embedding.ts';
export {
  answers,
  described,
  endsEarly,
  fails,
  recorded,
  resets,
  stalls,
  tears,
  transcribed,
  written,
} from './reply.ts';
export type { ByteCut, Cut, FinishReason, Point, Reply, Trouble, WrittenOptions } from './reply.ts';
export type { ChatImage, ChatRequest, TranscriptionRequest } from './request.ts';
export { startScriptedOpenAI } from './start-scripted-openai.ts';
export type { RecordedCall, Script, ScriptedOpenAI, ScriptedOpenAIOptions } from './start-scripted-openai.ts';
