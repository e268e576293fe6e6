/** How other slices bring a source, or a version of one. */
export { insertSource, insertVersion } from './store.ts';
