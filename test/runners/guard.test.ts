import { expect, test } from 'vitest';
import { guardOf, guardSettings, refuseAsleep } from '../../config/guard.ts';

const place = (now = Date.UTC(2026, 0, 5, 12)) => ({ now: () => now, zone: 'Europe/London' });
const sums = () => {
  const held = { call: 0, message: 0, second: 0 };
  const count = (kind: keyof typeof held, amount = 1) => {
    held[kind] += amount;
    return held[kind];
  };
  return { held, count };
};

test('calls are counted: those of the day, those at once, and their minutes when they are over', () => {
  let now = 0;
  const counter = sums();
  const guard = guardOf(guardSettings.parse({ calls: 4, atOnce: 2, minutes: 3 }), counter, {
    now: () => now,
    zone: 'UTC',
  });
  const [first, second] = [guard.call(), guard.call()];
  expect(() => guard.call()).toThrow(/2 calls at once: the guard allows no more\n.*guard\.atOnce/);
  now = 61_500;
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  expect(counter.held).toEqual({ call: 2, message: 0, second: 62 });
  guard.call()[Symbol.dispose]();
  now += 119_000;
  second[Symbol.dispose]();
  expect(() => guard.call()).toThrow('4 minutes of calls today: the guard allows 3 a day');
  counter.held.second = 0;
  guard.call()[Symbol.dispose]();
  expect(() => guard.call()).toThrow('4 calls today: the guard allows 4 a day');
});

test('the kill switch and the hours hold before anything starts', () => {
  const rules = (more: object) => guardSettings.parse(more);
  expect(() => refuseAsleep(rules({}), place())).not.toThrow();
  expect(() => refuseAsleep(rules({ kill: true }), place())).toThrow('the kill switch is on');
  expect(() => refuseAsleep(rules({ hours: '08:00-12:00' }), place())).toThrow(
    "it is outside the guard's hours 08:00-12:00 (Europe/London)",
  );
  expect(() => refuseAsleep(rules({ hours: '22:00-13:00' }), place())).not.toThrow();
});
