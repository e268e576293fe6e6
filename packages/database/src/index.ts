export { bossDatabase } from './boss.ts';
export { DatabaseInUse } from './directory-lock.ts';
export { PoolInsideTransaction } from './guarded-pool.ts';
export {
  type Database,
  type DatabaseOptions,
  type Limits,
  openDatabase,
} from './open-database.ts';
