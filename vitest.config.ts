import { defineConfig } from 'vitest/config';

/** Suites that hold packets or durations against the clock, or load the machine themselves: they run last, one file at a time. */
const timed = ['test/telephony/media/thread.test.ts', 'test/runners/gate.test.ts', 'test/**/*.timed.test.ts'];
/** Of these, suites that mostly wait for calls to go on: two files at a time, before the others. */
const spoken = [
  'test/drivers/{hear-words,pcap,play,voice-by-tone,voice-watch}.timed.test.ts',
  'test/lab/{enrol,queue}.timed.test.ts',
  'test/peers/{by-tone,peer-engines,turn}.timed.test.ts',
  'test/runners/enroll.timed.test.ts',
  'test/telephony/web-negotiation.timed.test.ts',
];
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
          name: 'spoken',
          include: spoken,
          maxWorkers: 2,
          maxConcurrency: 12,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...common,
          name: 'timed',
          include: timed,
          exclude: spoken,
          maxWorkers: 1,
          maxConcurrency: 10,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
