import { z } from 'zod';
import { defineAction, defineDriver } from '../../core/driver.ts';
import { duration } from '../../core/duration.ts';
import { Failure } from '../../core/errors.ts';

export class ToySession implements AsyncDisposable {
  readonly said: string[] = [];
  readonly actor: string;
  readonly closed: string[];

  constructor(actor: string, closed: string[]) {
    this.actor = actor;
    this.closed = closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closed.push(this.actor);
  }
}

/** A driver that does what a test says: wait, fail, throw, ignore its signal. `tries` counts calls of `flaky`. */
export function toyDriver(closed: string[] = []) {
  let tries = 0;
  return defineDriver({
    about: 'does what a test says',
    settings: z.object({ refuse: z.boolean().default(false), url: z.string().optional() }),
    open: async ({ refuse }, context) => {
      if (refuse) throw new Error('no line');
      return new ToySession(context.actor, closed);
    },
    actions: {
      say: defineAction({
        about: 'say a text',
        main: 'text',
        layer: 'bot',
        args: z.object({ text: z.string(), times: z.number().optional() }),
        run: async ({ text }, session: ToySession, { note, clock }) => {
          session.said.push(text);
          note({ type: 'talk', who: session.actor, text, ours: true, at: clock.now() });
          return { text, words: text.split(' ').length };
        },
      }),
      wait: defineAction({
        about: 'take a while',
        main: 'for',
        layer: 'crm',
        args: z.object({ for: duration, since: z.string().optional() }),
        run: async ({ for: ms, since }, _: ToySession, { clock, signal, actOf, since: origin }) => {
          if (since !== undefined) origin(actOf(since) ?? 0);
          await clock.sleep(ms, signal);
        },
      }),
      fail: defineAction({
        about: 'fail',
        main: 'why',
        layer: 'bot',
        args: z.object({
          why: z.string(),
          before: z.number().default(Number.POSITIVE_INFINITY),
          hint: z.string().optional(),
        }),
        run: async ({ why, before, hint }) => {
          tries += 1;
          if (tries <= before)
            throw new Failure(why, { expected: 'a kind word', came: why, ...(hint ? { hint } : {}) });
        },
      }),
      'slow-then-fine': defineAction({
        about: 'fail at first after a while, then take as long as said and be fine',
        layer: 'bot',
        args: z.object({ first: duration, after: duration.optional(), since: z.string().optional() }),
        run: async ({ first, after = 0, since }, _: ToySession, { clock, signal, actOf, since: origin }) => {
          if (since !== undefined) origin(actOf(since) ?? 0);
          tries += 1;
          await clock.sleep(tries === 1 ? first : after, signal);
          if (tries === 1) throw new Failure('too early');
        },
      }),
      'long-ago': defineAction({
        about: 'watch from an origin long ago',
        layer: 'bot',
        watch: true,
        args: z.object({}),
        run: async (_, __: ToySession, { since }) => since(1),
      }),
      throw: defineAction({
        about: 'throw anything',
        main: 'what',
        layer: 'bot',
        args: z.object({ what: z.enum(['error', 'text', 'nothing', 'later']) }),
        run: async ({ what }) => {
          if (what === 'error') throw new TypeError('x is not a function');
          if (what === 'text') throw 'a text';
          if (what === 'nothing') throw undefined;
          setImmediate(() => {
            throw new Error('thrown in a timer');
          });
          await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
        },
      }),
      deaf: defineAction({
        about: 'ignore the stop signal',
        layer: 'bot',
        args: z.object({}),
        run: () => new Promise(() => undefined),
      }),
      poor: defineAction({
        about: 'do it poorly',
        layer: 'bot',
        args: z.object({}),
        run: async (_, __: ToySession, { degrade }) => degrade('MOS 2.9, target 4'),
      }),
      see: defineAction({
        about: 'see a text that was said',
        main: 'text',
        layer: 'bot',
        watch: true,
        args: z.object({ text: z.string() }),
        run: async ({ text }, session: ToySession, { clock, signal }) => {
          while (!session.said.includes(text)) {
            if (signal.aborted)
              throw new Failure(`“${text}” was not said`, { came: session.said.join(', ') || 'nothing' });
            await clock.sleep(5, signal).catch(() => undefined);
          }
        },
      }),
      'not-see': defineAction({
        about: 'never see a text',
        main: 'text',
        layer: 'bot',
        watch: 'not',
        args: z.object({ text: z.string() }),
        run: async ({ text }, session: ToySession, { clock, signal }) => {
          while (!signal.aborted) {
            if (session.said.includes(text)) throw new Failure(`“${text}” was said`);
            await clock.sleep(5, signal).catch(() => undefined);
          }
        },
      }),
      open: defineAction({
        about: 'open a place',
        main: 'url',
        layer: 'web',
        args: z.object({ url: z.string() }),
        targets: ({ url }) => [String(url)],
        run: async () => undefined,
      }),
    },
  });
}
