import type { RayniClient } from '@rayni/client';
import { failedOf, type Outcome, type Step, untilRead } from './ingest-files.ts';

/** Whether this names a page of the web, and no file. */
export const isAddress = (name: string): boolean => /^https?:\/\//i.test(name);

/** As `ingestFile`, for the address of a web page, which the server fetches: once as a source, and again when it is there already. */
export async function ingestPage(
  rayni: RayniClient,
  instrumentId: string,
  url: string,
  onStep: (step: Step) => void,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    onStep({ doing: 'checking', done: 0, total: 0 });
    const { items } = await rayni.trpc.sources.list.query({ instrumentId, pageSize: 10_000 }, { signal });
    const known = items.find(({ storageUri }) => storageUri === url);
    if (known) await rayni.trpc.sources.refetch.mutate({ id: known.id }, { signal });
    if (known?.status === 'approved' || known?.status === 'embedded')
      return { kind: 'unchanged', detail: `already there as "${known.title}", is fetched again` };
    const { id } =
      known ?? (await rayni.trpc.sources.create.mutate({ type: 'url', instrumentId, url }, { signal }));
    return await untilRead(rayni, id, onStep, signal);
  } catch (error) {
    return failedOf(error, signal);
  }
}
