/** The token of an `Authorization: Bearer …` header, empty where it names none; undefined for any other header, a proxy's Basic for instance. */
export function bearerOf(authorization = ''): string | undefined {
  const [scheme = '', ...token] = authorization.split(' ');
  return scheme.toLowerCase() === 'bearer' ? token.join(' ').trim() : undefined;
}
