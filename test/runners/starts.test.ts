import { expect, test } from 'vitest';
import type { Clock } from '../../core/clock.ts';
import { Starts } from '../../runners/starts.ts';

/** Sleeps are as long as they want to be, and longer by what is in the list. */
function clock(delays: number[]): Clock & { slept: number } {
  let now = 0;
  return {
    slept: 0,
    now: () => now,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      this.slept += 1;
      await new Promise((resolve) => setImmediate(resolve));
      now += ms + (delays.shift() ?? 0);
    },
  };
}
const go = new AbortController().signal;

test('the first begins at once, the others each when the process keeps up again', async () => {
  const time = clock([0, 90, 60, 3]);
  const starts = new Starts(time);
  const at: number[] = [];
  await Promise.all([1, 2, 3, 4].map(() => starts.next(go).then(() => at.push(time.now()))));
  expect(at).toEqual([0, 5, 173, 178]);
});

test('a process that never keeps up holds nobody for more than a second or so', async () => {
  const time = clock(Array.from({ length: 500 }, () => 300));
  const slow = new Starts(time);
  await slow.next(go);
  await slow.next(go);
  expect(time.now()).toBeLessThan(1400);
});

test('an interrupt lets everybody through', async () => {
  const stop = new AbortController();
  stop.abort();
  const time = clock([]);
  const starts = new Starts(time);
  await Promise.all([1, 2, 3].map(() => starts.next(stop.signal)));
  expect(time.slept).toBe(0);
});
