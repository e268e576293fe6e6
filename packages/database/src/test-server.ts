import { postgresBinaries, startCluster } from './test-cluster.ts';

/** The one throw-away PostgreSQL of a test run, where nobody named another: a server for each test file would cost as much as most of them. It ends with the run. */
export default async function setup(): Promise<void> {
  const bin = postgresBinaries();
  if (bin === undefined || process.env['TEST_DATABASE_URL']) return;
  process.env['TEST_CLUSTER'] ??= await startCluster(bin);
}
