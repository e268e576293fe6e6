import type { ClientRouter } from '@rayni/api/client-router';
import {
  createTRPCClient,
  httpBatchLink,
  httpLink,
  httpSubscriptionLink,
  retryLink,
  splitLink,
  type TRPCClient,
  type TRPCLink,
} from '@trpc/client';
import superjson from 'superjson';
import { isTemporary, toRayniError } from './errors.ts';
import { type EventSourceConstructor, singleConnection, streamFetch } from './event-stream.ts';
import { backoff, type RetryPolicy } from './retry.ts';
import type { Send } from './send.ts';

export type Trpc = TRPCClient<ClientRouter>;

/** The plain tRPC client: queries go together, each act alone, subscriptions over server-sent events that resume where they were cut. */
export function createTrpc(options: {
  url: string;
  send: Send;
  EventSource: EventSourceConstructor;
  retry: RetryPolicy;
}): Trpc {
  const { send: fetch } = options;
  const common = { url: `${options.url}/trpc`, transformer: superjson };
  return createTRPCClient<ClientRouter>({
    links: [
      splitLink({
        condition: (op) => op.type === 'subscription',
        true: [
          resume(options.retry),
          httpSubscriptionLink({
            ...common,
            EventSource: singleConnection(options.EventSource, options.retry.timeoutMs),
            eventSourceOptions: { withCredentials: true, fetch: streamFetch(fetch) },
          }),
        ],
        false: splitLink({
          condition: (op) => op.type === 'query',
          true: httpBatchLink({ ...common, fetch, maxItems: 10, maxURLLength: 4_000 }),
          // A batch answers when its slowest call does and is not aborted before all of them are: a question must not hang on another call.
          false: httpLink({ ...common, fetch }),
        }),
      }),
    ],
  });
}

/** Reconnects after a failure that may pass, from the last event seen; failures are counted anew whenever one came. */
function resume(policy: RetryPolicy): TRPCLink<ClientRouter> {
  return (runtime) =>
    ({ op, next }) => {
      let reached: string | undefined;
      let failures = 0;
      return retryLink<ClientRouter>({
        retry({ op, error }) {
          const from = JSON.stringify(op.input);
          failures = from === reached ? failures + 1 : 1;
          reached = from;
          const failure = toRayniError(error);
          // The server may count connections as open that died on the way to it: they make room in time.
          const passes = isTemporary(failure) || failure.code === 'RATE_LIMITED';
          return passes && failures < policy.reconnects;
        },
        retryDelayMs: () => backoff(failures, policy),
      })(runtime)({ op, next });
    };
}
