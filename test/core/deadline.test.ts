import { expect, test } from 'vitest';
import { settle } from '../../core/deadline.ts';

const after = (turns: number): Promise<void> =>
  new Promise((resolve) => setImmediate(() => resolve(turns > 1 ? after(turns - 1) : undefined)));

test('a stall of our own process does not use up the grace of what has been told to stop', async () => {
  const stop = new AbortController();
  // What it waits for has come by the time that we go on, and is read in the next turns of the event loop.
  const ending = settle(
    after(3).then(() => 'ended'),
    stop.signal,
    50,
  );
  stop.abort();
  for (const until = performance.now() + 200; performance.now() < until; );
  expect(await ending).toEqual({ value: 'ended' });
});

test('what does not end is given up', async () => {
  expect(await settle(new Promise(() => undefined), AbortSignal.abort(), 20)).toBe('ignored');
});
