import type { Viewer } from '../access/policy.ts';
import type { Context } from '../context.ts';
import type { Rayni } from '../live.ts';
import { type Caller, createCaller } from '../router.ts';

/** The procedures as that viewer calls them, without HTTP; by a token or from a place, where `more` says so. */
export function callAs(
  rayni: Rayni,
  viewer: Viewer,
  more: Partial<Pick<Context, 'address' | 'requestId' | 'session' | 'token' | 'userAgent'>> = {},
): Caller {
  const session = { secret: undefined, set() {}, clear() {} };
  return createCaller({ ...rayni, viewer, requestId: 'test', session, ...more });
}
