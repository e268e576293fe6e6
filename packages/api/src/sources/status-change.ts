/** What other slices do to a source: its status, what is said beside it, and that its instrument's index is stale. */
export { countUp, setDetail, setStatus } from './store.ts';
