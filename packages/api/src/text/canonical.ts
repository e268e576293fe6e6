/**
 * The text as it is kept for ever: Unicode NFC, without NUL and other control characters (tab and line feed stay), lone surrogates,
 * zero-width, bidi and tag characters. PostgreSQL refuses NUL and jsonb refuses lone surrogates; the rest hides text from readers.
 */
export function canonical(text: string): string {
  const clean = text.replace(/\r\n?/g, '\n').replace(hidden, '');
  return clean.normalize('NFC').toWellFormed().replaceAll('\uFFFD', '');
}

const hidden =
  // eslint-disable-next-line no-control-regex, no-misleading-character-class -- hidden characters are what it is about
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFE00-\uFE0F\uFEFF\u{E0000}-\u{E007F}\u{E0100}-\u{E01EF}]/gu;
