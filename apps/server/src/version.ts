import manifest from '../package.json' with { type: 'json' };

/** The version of this server, as in its manifest. */
export const { version } = manifest;
