import { defineConfig } from 'vitest/config';

/** Suites that hold sounds, packets or durations against the clock: they run after the others, one file at a time, and are not disturbed by a browser. */
const timed = ['test/telephony/media/thread.test.ts', 'test/runners/gate.test.ts', 'test/**/*.timed.test.ts'];
const common = {
  environment: 'node',
  pool: 'forks',
  // These end what hangs: no test fails for being slow.
  testTimeout: 180_000,
  hookTimeout: 180_000,
  expect: { poll: { timeout: 60_000 } },
  // V8 of Node 24 loses count of its pages of code where threads come and go, and ends the process ("jit_page.has_value()", nodejs/node#64500).
  execArgv: ['--no-memory-protection-keys'],
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: 'house',
          include: ['test/**/*.test.ts'],
          exclude: timed,
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...common,
          name: 'timed',
          include: timed,
          maxWorkers: 1,
          maxConcurrency: 12,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
