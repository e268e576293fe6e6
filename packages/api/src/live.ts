import { createRights, type Rights } from './access/rights.ts';
import type { App, Limits } from './app.ts';
import { type Beats, createBeats } from './chat/beats.ts';
import { createTurnLog, type TurnLog } from './chat/log.ts';
import { createTails, type Tails } from './chat/tails.ts';
import { createWakeUps, type WakeUps } from './chat/wake-ups.ts';
import { createAttachmentCache, createIndexCache, type IndexCache } from './retrieval/index-cache.ts';
import { createFollowers, type Followers } from './sources/progress/watch.ts';
import { type Comparisons, createComparisons } from './viewer/comparisons.ts';

/** What a process keeps in memory beside the database, all of it rebuildable: readers' tails, the log's writer, indexes, running answers. */
export type Live = {
  tails: Tails;
  /** What this process and the others on one database tell each other of answers; silent until `listen` was called. */
  wakeUps: WakeUps;
  log: TurnLog;
  /** The heartbeats of the answers that are written here. */
  beats: Beats;
  /** By instrument. */
  indexes: IndexCache;
  /** By conversation. */
  attachments: IndexCache;
  /** What became of quotes in newer versions. */
  comparisons: Comparisons;
  /** Who reads or is answered here, to be ended with their right; hears of changes once `listen` was called. */
  rights: Rights;
  /** Who follows the reading of sources here; hears of changes once `listen` was called. */
  followers: Followers;
  /** By answer: what stops its producer in this process, when it is over, whose limit it counts for, whose it is and what it is about. */
  running: Map<
    string,
    { abort: AbortController; over: Promise<void>; viewerKey: string; owner: string; instrumentId: string }
  >;
  /** Questions that are being stored: whose they are, by what tells a question from its repetition. */
  starting: Map<string, string>;
  /** Tells other processes what happens here and hears of what happens there. */
  listen(): Promise<void>;
  /** False once this process is about to end: nothing may begin here any more. */
  open(): boolean;
  /** Begins no answer any more and stops those under way: another process takes them over at once, else the next start does. */
  handOver(): Promise<void>;
  /** `handOver`, and stops everything else. */
  close(): Promise<void>;
};

/** Begins with nothing in memory; `close` it before the database. */
export function openLive(app: App): Live {
  const wakeUps = createWakeUps(app);
  const tails = createTails(app, { wakeUps });
  const running: Live['running'] = new Map();
  let open = true;
  const indexes = createIndexCache(app);
  const attachments = createAttachmentCache(app);
  const rights = createRights(app);
  const followers = createFollowers(app);
  async function handOver() {
    open = false;
    for (const { abort } of running.values()) abort.abort('shutdown');
    await Promise.all([...running.values()].map(({ over }) => over));
  }
  return {
    tails,
    wakeUps,
    listen: () =>
      wakeUps.listen((heard) => {
        if (heard?.what === 'cancel') running.get(heard.turnId)?.abort.abort('cancelled');
        else tails.grown(heard?.turnId, heard?.what);
      }),
    log: createTurnLog(app, tails),
    beats: createBeats(app),
    indexes,
    attachments,
    comparisons: createComparisons(),
    rights,
    followers,
    running,
    starting: new Map(),
    open: () => open,
    handOver,
    async close() {
      await handOver();
      tails.stop();
      await wakeUps.stop();
      await Promise.all([indexes.close(), attachments.close()]);
      await Promise.all([rights.stop(), followers.stop()]);
    },
  };
}

/** The product as the doors see it. */
export type Rayni = { app: App; live: Live; settings: Settings };

/** What the host decides for the product. */
export type Settings = {
  maxUploadBytes: number;
  /** Sign in by e-mail alone; development only. */
  demoLogin: boolean;
  /** Answers that one caller may have written at the same time. */
  answersAtOnce: number;
  /** None: nothing is counted. */
  limits?: Limits | undefined;
  /** Where callers reach this server, without a slash at the end. */
  publicUrl: () => string;
  /** 32 bytes that seal secrets in the database and are not in it. */
  sealKey: Uint8Array;
};
