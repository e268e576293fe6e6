import type { TRPCRouterRecord } from '@trpc/server';
import { accessRoutes } from './access/routes.ts';
import { authRoutes } from './auth/routes.ts';
import { chatRoutes } from './chat/routes.ts';
import { connectorRoutes } from './connectors/routes.ts';
import { faqRoutes, feedbackRoutes } from './feedback/routes.ts';
import { folderRoutes } from './folders/routes.ts';
import { instrumentRoutes } from './instruments/routes.ts';
import { jobRoutes } from './jobs/routes.ts';
import { sourceRoutes } from './sources/routes.ts';
import { tokenRoutes } from './tokens/routes.ts';
import { createCallerFactory, router } from './trpc.ts';
import { uploadRoutes } from './uploads/routes.ts';
import { userRoutes } from './users/routes.ts';
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
  access: accessRoutes,
  users: userRoutes,
  tokens: tokenRoutes,
  feedback: feedbackRoutes,
  faq: faqRoutes,
  connectors: connectorRoutes,
  jobs: jobRoutes,
} satisfies TRPCRouterRecord;

/** The whole product as one tRPC router. */
export const appRouter = router(routes);

/** Calls procedures in process: how the legacy door and tests speak to the product. */
export const createCaller = createCallerFactory(appRouter);
/** Every procedure as a function, as seen by one caller. */
export type Caller = ReturnType<typeof createCaller>;
