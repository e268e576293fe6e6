import type { Config } from './config.ts';

/** What is configured and this release does not do: better refused at the start than silently left out. Lines for a person; none is good. */
export function notServed(config: Pick<Config, 'oidc'>): string[] {
  return config.oidc
    ? ['OIDC_ISSUER: signing in by OpenID Connect is not served yet; remove the OIDC_ variables.']
    : [];
}
