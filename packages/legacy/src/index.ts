export { type ErrorOf, problemOf } from './errors.ts';
export type { FilePort } from './attached-files.ts';
export { legacyRoutes, type LegacyOptions } from './legacy-routes.ts';
export { openApi } from './open-api.ts';
export { postman } from './postman.ts';
export type { Row } from './rows.ts';
export { table } from './table.ts';
