/**
 * The few messages of the PostgreSQL wire protocol that the server has to understand or to say itself
 * (https://www.postgresql.org/docs/current/protocol-message-formats.html). Everything else passes through.
 */

export const SSL_REQUEST = 80877103;
export const GSS_REQUEST = 80877104;
export const CANCEL_REQUEST = 80877102;

/** One typed message: a letter, a length that counts itself, a body. */
export function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const cstring = (text: string) => Buffer.from(`${text}\0`);

/** A startup message for the one user and database there are. */
export function startup(): Buffer {
  const body = Buffer.concat([
    Buffer.from([0, 3, 0, 0]),
    cstring('user'),
    cstring('postgres'),
    cstring('database'),
    cstring('postgres'),
    Buffer.from([0]),
  ]);
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([length, body]);
}

export const sync = message('S', Buffer.alloc(0));
export const query = (sql: string) => message('Q', cstring(sql));
export const closeStatement = (name: string) => message('C', cstring(`S${name}`));
export const copyFail = (reason: string) => message('f', cstring(reason));

/** Whether the backend is idle (`I`), in a transaction (`T`) or in one that failed (`E`). */
export type Status = 'I' | 'T' | 'E';
export const readyForQuery = (status: Status) => message('Z', Buffer.from(status));

export function errorResponse(severity: 'ERROR' | 'FATAL', code: string, text: string): Buffer {
  const fields = [`S${severity}`, `V${severity}`, `C${code}`, `M${text}`].map(cstring);
  return message('E', Buffer.concat([...fields, Buffer.from([0])]));
}

/** What an answer of the backend means for the other sessions: its last status, and notifications to pass on. */
export function readAnswer(answer: Buffer): { status: Status | undefined; notifications: Buffer[] } {
  let status: Status | undefined;
  const notifications: Buffer[] = [];
  for (let at = 0; at + 5 <= answer.length; ) {
    const end = at + 1 + answer.readInt32BE(at + 1);
    const type = answer[at];
    if (type === 0x5a /* Z */) status = String.fromCharCode(answer[at + 5]!) as Status;
    if (type === 0x41 /* A */) notifications.push(answer.subarray(at, end));
    at = end;
  }
  return { status, notifications };
}

/** Gives the named prepared statement in a Parse, Bind, Describe or Close message another name. */
export function renameStatement(type: string, bytes: Buffer, rename: (name: string) => string): Buffer {
  let from = 5;
  if (type === 'B') from = bytes.indexOf(0, 5) + 1;
  else if (type === 'D' || type === 'C') {
    if (bytes[5] !== 0x53 /* S: a statement, not a portal */) return bytes;
    from = 6;
  } else if (type !== 'P') return bytes;
  const to = bytes.indexOf(0, from);
  if (to <= from) return bytes;
  const name = Buffer.from(rename(bytes.toString('utf8', from, to)));
  return message(type, Buffer.concat([bytes.subarray(5, from), name, bytes.subarray(to)]));
}
