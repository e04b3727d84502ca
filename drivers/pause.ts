import { z } from 'zod';
import { defineAction, defineDriver } from '../core/driver.ts';
import { duration } from '../core/duration.ts';
import { SpecError } from '../core/errors.ts';

class Thinking implements AsyncDisposable {
  readonly random: () => number;

  constructor(random: () => number) {
    this.random = random;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** The customer thinks: `pause: 2s`, or between two times, the same for the same seed. */
export default defineDriver({
  about: 'think for a while',
  settings: z.object({}),
  open: async (_, context) => new Thinking(context.random),
  actions: {
    pause: defineAction({
      about: 'wait as a customer would',
      main: 'for',
      layer: 'customer',
      quiet: true,
      args: z.object({
        for: duration.optional().describe('exactly so long'),
        from: duration.optional().describe('at least'),
        to: duration.optional().describe('at most'),
      }),
      title: ({ for: exactly, from, to }) => `pause ${exactly ?? `${from} to ${to}`}`,
      run: async ({ for: exactly, from, to }, session: Thinking, { clock, signal }) => {
        const ms =
          exactly ?? (from !== undefined && to !== undefined ? from + session.random() * (to - from) : undefined);
        if (ms === undefined || ms < 0)
          throw new SpecError('a pause is one time, or `from` and `to`', 'pause: 2s, or pause: { from: 2s, to: 5s }');
        await clock.sleep(ms, signal);
      },
    }),
  },
});
