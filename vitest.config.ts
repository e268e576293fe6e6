import { defineConfig } from 'vitest/config';

const unit = (name: string, root: string) => ({
  test: {
    name,
    root,
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});

export default defineConfig({
  test: {
    pool: 'forks',
    globalSetup: 'packages/database/src/test-server.ts',
    maxWorkers: 2,
    projects: [
      unit('contract', 'packages/contract'),
      unit('database', 'packages/database'),
      unit('scripted-openai', 'packages/scripted-openai'),
      unit('api', 'packages/api'),
      unit('legacy', 'packages/legacy'),
      unit('client', 'packages/client'),
      unit('server', 'apps/server'),
    ],
  },
});
