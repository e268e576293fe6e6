import type { App, JobData, JobName } from '../app.ts';
import { giveUpSync, runSync } from '../connectors/sync.ts';
import { giveUp, ingest } from '../ingest/ingest.ts';
import { fetchPage, giveUpFetch } from '../sources/fetch-page.ts';
import { readDocument } from '../ingest/readers.ts';
import { forgetSource } from '../sources/forget.ts';
import { sweep } from '../uploads/sweep.ts';
import type { Stint } from './stint.ts';

/** What is done for each kind of background work. At least once: running any of it again changes nothing more. */
export type Handlers = {
  [N in JobName]: {
    run(data: JobData[N], signal: AbortSignal, stint?: Stint): Promise<void>;
    /** Every try failed, or its process died each time: what waits for the job must hear of it. */
    lost(data: JobData[N]): Promise<void>;
  };
};

/** All background work there is. */
export function jobHandlers(app: App): Handlers {
  return {
    ingest: {
      run: ({ versionId }, signal, stint) => ingest(app, readDocument, versionId, signal, stint),
      lost: ({ versionId }) => giveUp(app, versionId),
    },
    forget: {
      run: ({ sourceId }) => forgetSource(app, sourceId),
      lost: async ({ sourceId }) => app.log.error({ sourceId }, 'A deleted source could not be removed'),
    },
    fetch: {
      run: ({ sourceId }, signal) => fetchPage(app, readDocument, sourceId, signal),
      lost: ({ sourceId }) => giveUpFetch(app, sourceId),
    },
    sync: {
      run: ({ syncId }) => runSync(app, syncId),
      lost: ({ syncId }) => giveUpSync(app, syncId),
    },
    sweep: {
      run: () => sweep(app),
      lost: async ({ because }) => app.log.error({ because }, 'The sweep failed again and again'),
    },
  };
}
