import type { ErrorInfo } from '@rayni/contract';
import type { TRPCBuiltRouter, TRPCDecorateCreateRouterOptions } from '@trpc/server';
import type { routes } from './router.ts';

/** The router as clients may see it: its procedures without the server's context, so that no server package is in the declarations. */
export type ClientRouter = TRPCBuiltRouter<
  {
    ctx: object;
    meta: object;
    errorShape: {
      message: string;
      code: number;
      data: { code: string; httpStatus: number; path?: string; rayni: ErrorInfo };
    };
    transformer: true;
  },
  TRPCDecorateCreateRouterOptions<typeof routes>
>;
