import { z } from 'zod';
import { defineAction, defineDriver } from '../core/driver.ts';
import { duration } from '../core/duration.ts';

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
      args: z
        .object({
          for: duration.optional().describe('exactly so long'),
          from: duration.optional().describe('at least'),
          to: duration.optional().describe('at most'),
        })
        .refine(
          ({ for: exactly, from, to }) =>
            exactly === undefined
              ? from !== undefined && to !== undefined && from <= to
              : from === undefined && to === undefined,
          'a pause is one time, as `2s`, or from one time to a later one, as `{ from: 2s, to: 5s }`',
        ),
      title: ({ for: exactly, from, to }) => `pause ${exactly ?? `${from} to ${to}`}`,
      run: async ({ for: exactly, from = 0, to = 0 }, session: Thinking, { clock, signal }) => {
        await clock.sleep(exactly ?? from + session.random() * (to - from), signal);
      },
    }),
  },
});
