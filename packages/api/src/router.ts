import type { TRPCRouterRecord } from '@trpc/server';
import { authRoutes } from './auth/routes.ts';
import { chatRoutes } from './chat/routes.ts';
import { faqRoutes } from './feedback/routes.ts';
import { instrumentRoutes } from './instruments/routes.ts';
import { folderRoutes, sourceRoutes } from './sources/routes.ts';
import { createCallerFactory, router } from './trpc.ts';
import { uploadRoutes } from './uploads/routes.ts';
import { viewerRoutes } from './viewer/routes.ts';

/** Every procedure, by slice. */
export const routes = {
  auth: authRoutes,
  instruments: instrumentRoutes,
  folders: folderRoutes,
  sources: sourceRoutes,
  uploads: uploadRoutes,
  chat: chatRoutes,
  viewer: viewerRoutes,
  faq: faqRoutes,
} satisfies TRPCRouterRecord;

/** The whole product as one tRPC router. */
export const appRouter = router(routes);

/** Calls procedures in process: how the legacy door and tests speak to the product. */
export const createCaller = createCallerFactory(appRouter);
/** Every procedure as a function, as seen by one caller. */
export type Caller = ReturnType<typeof createCaller>;
