import { expect, test } from 'vitest';
import { Lateness, Wheel } from '../../../telephony/media/wheel.ts';

/** Time that a test moves; `stall` lets it jump as a busy thread would. */
function stage() {
  let now = 1000;
  const soon: (() => void)[] = [];
  let wakes = 0;
  let pending: { readonly at: number; readonly call: () => void } | undefined;
  return {
    pacer: {
      now: () => now,
      after: (ms: number, call: () => void) => {
        const mine = { at: now + ms, call };
        pending = mine;
        return () => {
          if (pending === mine) pending = undefined;
        };
      },
      soon: (call: () => void) => soon.push(call),
    },
    rests: () => {
      for (const call of soon.splice(0)) call();
    },
    idle: () => pending === undefined,
    wakes: () => wakes,
    stall: (ms: number) => {
      now += ms;
    },
    run: (ms: number) => {
      const end = now + ms;
      while (pending && pending.at <= end) {
        const { at, call } = pending;
        pending = undefined;
        wakes += 1;
        now = Math.max(now, at);
        call();
      }
      now = Math.max(now, end);
    },
  };
}
const rider = (tick: number) => {
  const dues: number[] = [];
  const rests: number[] = [];
  return { tick, dues, rests, turn: (due: number) => dues.push(due), rest: (at: number) => rests.push(at) };
};

test('each rider is turned at its own pace, on an absolute schedule', () => {
  const { pacer, run } = stage();
  const wheel = new Wheel(pacer);
  const riders = [20, 20, 10, 30].map(rider);
  for (const one of riders) wheel.add(one);
  run(1199);
  expect(riders.map(({ dues }) => dues.length)).toEqual([60, 60, 120, 40]);
  for (const { tick, dues } of riders)
    expect(new Set(dues.slice(1).map((due, n) => due - dues[n]!))).toEqual(new Set([tick]));
});

test('32 riders share a phase before the next is used, far from the others; many are spread over all', () => {
  const { pacer, run, wakes } = stage();
  const wheel = new Wheel(pacer);
  const riders = Array.from({ length: 96 }, () => rider(20));
  for (const one of riders) wheel.add(one);
  run(1000);
  const phases = () => {
    const dues = Map.groupBy(riders, ({ dues }) => dues[0]! % 20);
    return [...dues].map(([phase, list]) => [phase, list.length]).toSorted();
  };
  expect(phases()).toEqual([
    [0, 32],
    [10, 32],
    [5, 32],
  ]);
  // Nobody is woken for a slot that is empty.
  expect(wakes()).toBeLessThanOrEqual(153);
  riders.push(...Array.from({ length: 1504 }, () => rider(20)));
  for (const one of riders.slice(96)) wheel.add(one);
  run(1000);
  expect(phases().map(([, count]) => count)).toEqual(Array.from({ length: 20 }, () => 80));
});

test('who comes while the wheel sleeps waits no longer than its own tick', () => {
  const { pacer, run } = stage();
  const wheel = new Wheel(pacer);
  const [slow, late] = [rider(120), rider(20)];
  wheel.add(slow);
  run(30);
  wheel.add(late);
  const added = pacer.now();
  run(240);
  expect(late.dues[0]! - added).toBeGreaterThanOrEqual(0);
  expect(late.dues[0]! - added).toBeLessThanOrEqual(20);
  expect(late.dues.length).toBeGreaterThanOrEqual(11);
  expect(slow.dues.slice(1).map((due, n) => due - slow.dues[n]!)).toEqual([120, 120]);
  expect(wheel.skipped).toBe(0);
});

test('a stall of 60 ms is caught up, of a longer one the rest is skipped', () => {
  const { pacer, run, stall } = stage();
  const wheel = new Wheel(pacer);
  const one = rider(20);
  wheel.add(one);
  run(100);
  stall(45);
  run(100);
  expect(wheel.skipped).toBe(0);
  expect(new Set(one.dues.slice(1).map((due, n) => due - one.dues[n]!))).toEqual(new Set([20]));
  const before = one.dues.length;
  stall(400);
  run(0);
  expect(one.dues.length - before).toBeLessThanOrEqual(4);
  expect(wheel.skipped).toBeGreaterThan(300);
  expect(one.dues.every((due) => (due - one.dues[0]!) % 20 === 0)).toBe(true);
});

test('told to, it catches up a long stall instead of skipping it', () => {
  const { pacer, run, stall } = stage();
  const wheel = new Wheel(pacer, 2000);
  const one = rider(20);
  wheel.add(one);
  run(100);
  stall(500);
  run(100);
  expect(wheel.skipped).toBe(0);
  expect(one.dues.slice(1).every((due, n) => due - one.dues[n]! === 20)).toBe(true);
});

test('riders rest after input has been read, by the time from before it', () => {
  const { pacer, run, stall, rests } = stage();
  const wheel = new Wheel(pacer);
  const one = rider(20);
  wheel.add(one);
  run(25);
  stall(10);
  expect(one.dues.length).toBe(2);
  expect(one.rests).toEqual([]);
  rests();
  expect(one.rests.length).toBe(1);
  expect(one.rests[0]).toBeLessThan(1026);
});

test('what is read after a stall may have come since the slot that was missed, until the riders rest, which they do at the second look', () => {
  const { pacer, run, stall, rests } = stage();
  const wheel = new Wheel(pacer, 2000);
  expect(wheel.came(pacer.now())).toBe(pacer.now());
  const one = rider(20);
  wheel.add(one);
  run(30);
  rests();
  expect(wheel.came(pacer.now())).toBe(pacer.now());
  stall(500);
  const missed = one.dues.at(-1)! + 20;
  expect(wheel.came(pacer.now())).toBe(missed);
  run(1);
  rests();
  expect(wheel.came(pacer.now())).toBe(missed);
  expect(one.rests.length).toBe(1);
  rests();
  expect(one.rests.length).toBe(2);
  expect(wheel.came(pacer.now())).toBe(pacer.now());
});

test('whoever reads long hurries it: what is due leaves in between, once, and rests by the time from before the reading', () => {
  const { pacer, run, stall, rests, idle } = stage();
  const wheel = new Wheel(pacer);
  const one = rider(20);
  wheel.add(one);
  run(25);
  rests();
  const before = { turns: one.dues.length, rests: one.rests.length, read: pacer.now() };
  wheel.hurry(pacer.now());
  expect(one.dues.length).toBe(before.turns);
  // A row of packets that takes 50 ms to read.
  for (let ms = 0; ms < 50; ms++) {
    stall(1);
    wheel.hurry(pacer.now());
  }
  expect(one.dues.length - before.turns).toBeGreaterThanOrEqual(2);
  expect(wheel.lateness.max).toBeLessThanOrEqual(1);
  rests();
  expect(one.rests.length).toBeGreaterThan(before.rests);
  expect(Math.max(...one.rests)).toBeLessThanOrEqual(before.read);
  run(200);
  expect(new Set(one.dues.slice(1).map((due, n) => due - one.dues[n]!))).toEqual(new Set([20]));
  wheel.remove(one);
  wheel.hurry(pacer.now());
  expect(idle()).toBe(true);
});

test('an empty wheel stands still', () => {
  const { pacer, run, idle } = stage();
  const wheel = new Wheel(pacer);
  const one = rider(20);
  wheel.add(one);
  run(50);
  wheel.remove(one);
  expect(idle()).toBe(true);
});

test('lateness is told as percentile and maximum', () => {
  const late = new Lateness();
  for (let n = 0; n < 99; n++) late.add(0.3);
  late.add(50);
  expect([late.percentile(0.5), late.percentile(0.99), late.percentile(1), late.max]).toEqual([0.5, 0.5, 50, 50]);
  expect(new Lateness().percentile(0.99)).toBe(0);
});
