import { setTimeout as later } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Pace } from '../../../telephony/media/pace.ts';

/** A clock and a count of wakes that a test moves. */
function stage() {
  let [at, loops] = [5000, 0];
  const pace = new Pace(
    () => at,
    () => loops,
  );
  /** Whether it sleeps where it stands: then it calls before an immediate that was asked for later, a timer after it. */
  const sleeps = async () => {
    // In the phase of timers, the next of which begins after the immediates.
    await later(1);
    const order: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = (name: string) => {
      order.push(name);
      if (order.length === 2) resolve();
    };
    pace.after(0.5, () => done('pace'));
    setImmediate(() => done('immediate'));
    await promise;
    return order[0] === 'pace';
  };
  return {
    pace,
    sleeps,
    pass: (ms: number, woken: number) => {
      at += ms;
      loops += woken;
    },
  };
}

test('woken seldom it waits for every packet, woken often it sleeps and lets them gather', async () => {
  const { sleeps, pass } = stage();
  expect(await sleeps()).toBe(false);
  pass(1000, 900);
  expect(await sleeps()).toBe(false);
  pass(1000, 1100);
  expect(await sleeps()).toBe(true);
  pass(19_000, 0);
  expect(await sleeps()).toBe(true);
});

test('after 20 s it lets itself be woken for a second, and looks anew', async () => {
  const { sleeps, pass } = stage();
  await sleeps();
  pass(1000, 2000);
  expect(await sleeps()).toBe(true);
  pass(20_000, 8000);
  expect(await sleeps()).toBe(false);
  pass(1000, 2000);
  expect(await sleeps()).toBe(true);
  pass(20_000, 8000);
  expect(await sleeps()).toBe(false);
  pass(1000, 500);
  expect(await sleeps()).toBe(false);
});

test('a rest tells nothing of the wakes after it', async () => {
  const { sleeps, pass } = stage();
  await sleeps();
  pass(60_000, 100_000);
  expect(await sleeps()).toBe(false);
  pass(1000, 100);
  expect(await sleeps()).toBe(false);
});

test('a long wait is slept in pieces, and taken back in between', async () => {
  const { pace, sleeps, pass } = stage();
  await sleeps();
  pass(1000, 2000);
  await sleeps();
  const called: string[] = [];
  const cancel = pace.after(8, () => called.push('cancelled'));
  await later(10);
  cancel();
  pass(10, 0);
  await later(10);
  expect(called).toEqual([]);
  pace.after(8, () => called.push('due'));
  await later(10);
  expect(called).toEqual([]);
  pass(7, 0);
  await later(10);
  expect(called).toEqual(['due']);
});
