/** What a browser would run, or let speak as a page, of whoever brought it. */
const active = /^\s*(?:text\/html|application\/xhtml\+xml|image\/svg\+xml|(?:text|application)\/xml)\b/i;

/** How stored bytes are offered to a browser: to be looked at, or, what could act as a page, only to be kept. */
export function dispositionOf(contentType: string | undefined, filename: string | undefined): string {
  const name = encodeURIComponent(filename ?? 'file').replace(/['()]/g, escape);
  return `${active.test(contentType ?? '') ? 'attachment' : 'inline'}; filename*=UTF-8''${name}`;
}
