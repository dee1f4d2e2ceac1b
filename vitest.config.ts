import { defineConfig } from 'vitest/config';

const minutes = (count: number): number => count * 60_000;

/** Suites that run a real Directus share one set of services, started once for the whole run. */
const hostProject = (name: string) => ({
  test: {
    name,
    include: [`tests/${name}/**/*.test.ts`],
    globalSetup: ['tests/support/services.ts'],
    testTimeout: minutes(1),
    hookTimeout: minutes(5),
    // What is waited for comes when a busy machine gets to it.
    expect: { poll: { timeout: minutes(0.5) } },
  },
});

export default defineConfig({
  test: {
    // Each worker of a host project runs a Directus beside it.
    maxWorkers: 2,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    projects: [
      { test: { name: 'unit', include: ['tests/unit/**/*.test.ts'], testTimeout: minutes(1) } },
      hostProject('isolation'),
      hostProject('api'),
      hostProject('studio'),
    ],
  },
});
