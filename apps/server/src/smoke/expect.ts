import { type Answered, namesFault, type Sent, short, type visitor } from './visit.ts';

export const all = (status: number) => ({ guest: status, user: status, admin: status });
export const members = (status: number) => ({ guest: 401, user: status, admin: status });
export const onlyAdmin = (status: number) => ({ guest: 401, user: 403, admin: status });

export type Body = { id: string; items: Body[]; turn_id: string; archived: boolean };
export const of = (answered: Answered) => answered.body as Body;
export const has =
  (names: string) =>
  ({ body }: Answered) =>
    namesFault(body, names);
export const hasItems = (names: string) => (answered: Answered) => {
  const fault = namesFault(answered.body, 'items');
  const [first] = fault ? [] : of(answered).items;
  return fault ?? (first ? namesFault(first, names) : undefined);
};
export const list =
  (names: string) =>
  ({ body }: Answered) =>
    !Array.isArray(body) ? `no array: ${short(body)}` : body[0] ? namesFault(body[0], names) : undefined;

/** Where a walk happens: an instrument that everybody may ask, and a restricted one made for the walk. */
export type Scene = ReturnType<typeof visitor> & {
  note: (line: string) => void;
  admin: (method: string, path: string, sent?: Sent) => Promise<Answered>;
  open: string;
  own: string;
  /** Makes another restricted instrument. */
  create: () => Promise<string>;
};
