/** The most characters of a path to go back to: it travels in a cookie. */
const longest = 1_000;

/** Where to go after signing in: path, query and fragment on the own origin, as a browser would read them; undefined for anything that leads elsewhere. */
export function returnPath(wanted: string, own: string): string | undefined {
  if (wanted.length > longest || !wanted.startsWith('/')) return undefined;
  const url = URL.parse(wanted, own);
  if (!url || url.origin !== new URL(own).origin) return undefined;
  const path = url.pathname + url.search + url.hash;
  // `/.//evil` has our origin, but its path alone would be read as another host.
  return path.startsWith('//') || path.length > longest ? undefined : path;
}
