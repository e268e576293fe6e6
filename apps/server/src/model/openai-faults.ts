import { ModelFault } from '@rayni/api';
import { APIConnectionError, APIError } from 'openai';
import type { Times } from './openai-client.ts';

/** What an error of the client library means; its sentence never holds a key, a URL or text of the provider, which may repeat the key. */
export function toModelFault(error: unknown): ModelFault {
  if (error instanceof ModelFault) return error;
  if (error instanceof APIConnectionError) {
    const code = systemCode(error);
    return new ModelFault('unreachable', `The language model cannot be reached${code ? ` (${code})` : ''}.`, {
      cause: error,
    });
  }
  if (!(error instanceof APIError)) {
    // What is left are a dropped body ("terminated") and malformed events.
    return new ModelFault('cut', 'The connection to the language model broke before the answer was whole.', {
      cause: error,
    });
  }
  const code = plainCode(error.code);
  const shown = `HTTP ${error.status}${code ? `, ${code}` : ''}`;
  if (code === 'model_not_found') return new ModelFault('no_model', noModel);
  switch (error.status) {
    case undefined:
      return new ModelFault('server', 'The language model broke off the answer with an error.');
    case 401:
    case 403:
      return new ModelFault('unauthorized', `The language model refuses the key (${shown}).`);
    case 404:
      // A server of this kind that does not know the model says so in a message; the 404 of any other page has another shape.
      return hasMessage(error.error)
        ? new ModelFault('no_model', noModel)
        : new ModelFault('unreachable', 'A server answers, but it has no language model at its base URL.');
    case 408:
      return new ModelFault('timeout', `The language model gave up waiting (${shown}).`);
    case 429:
      return code === 'insufficient_quota'
        ? new ModelFault('rate_limited', "The quota of the language model's account is used up.")
        : new ModelFault(
            'rate_limited',
            'The language model takes no more requests at the moment (HTTP 429).',
          );
    default:
      return error.status >= 500
        ? new ModelFault('server', `The language model failed (${shown}).`)
        : new ModelFault('server', `The language model does not accept the request (${shown}).`);
  }
}

/** Milliseconds to wait before the one retry; undefined when a retry could not help or would have to wait too long. */
export function retryDelay(error: unknown, times: Times): number | undefined {
  // After a time-out the model may still be at work: a second request would be paid twice.
  if (error instanceof ModelFault && error.kind !== 'cut') return undefined;
  if (!(error instanceof APIError) || error.status === undefined) return times.retryDelayMs;
  if (error.status !== 429 && error.status < 500) return undefined;
  const named = retryAfter(error.headers);
  if (error.status === 429 && (named === undefined || error.code === 'insufficient_quota')) return undefined;
  const delay = named ?? times.retryDelayMs;
  return delay <= times.longestRetryDelayMs ? delay : undefined;
}

const noModel = 'The language model server has no model of this name, or the key may not use it.';

function retryAfter(headers: Headers | undefined): number | undefined {
  const value = headers?.get('retry-after');
  if (!value) return undefined;
  const seconds = Number(value);
  const milliseconds = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000;
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}

/** The system's own word for a failed connection (ECONNREFUSED, ENOTFOUND, CERT_HAS_EXPIRED), from wherever it is nested. */
function systemCode(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string' && /^[A-Z_0-9]+$/.test(at.code)) return at.code;
  }
  return undefined;
}

function hasMessage(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'message' in body;
}

function plainCode(code: unknown): string | undefined {
  return typeof code === 'string' && /^[a-z_]{3,60}$/.test(code) ? code : undefined;
}
