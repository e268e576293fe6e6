import { DatabaseSync } from 'node:sqlite';

/** The directory of an embedded database is open already, in another process or in this one. */
export class DatabaseInUse extends Error {
  override readonly name = 'DatabaseInUse';
  readonly dir: string;

  constructor(dir: string, options?: ErrorOptions) {
    super(
      `The database directory ${dir} is in use by another process, perhaps a Rayni that already runs. ` +
        'Stop that process, or give this one a directory and a port of its own (DATA_DIR=.data2 PORT=8001 npm start), ' +
        'or use PostgreSQL (DATABASE_URL), which several processes can share.',
      options,
    );
    this.dir = dir;
  }
}

/**
 * Locks an existing directory (a real path) for this process and returns what unlocks it; throws `DatabaseInUse`.
 * The embedded engine has no lock of its own: a second process would write unnoticed and its rows would vanish.
 * The lock is SQLite's on an empty file beside the directory; the kernel drops it with the process, however that ends.
 */
export function lockDirectory(dir: string): () => void {
  const lock = new DatabaseSync(`${dir}.lock`);
  try {
    lock.exec('pragma busy_timeout = 0; pragma journal_mode = delete; begin exclusive');
  } catch (error) {
    lock.close();
    const busy = error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
    throw busy ? new DatabaseInUse(dir, { cause: error }) : error;
  }
  return () => lock.close();
}

const SQLITE_BUSY = 5;
