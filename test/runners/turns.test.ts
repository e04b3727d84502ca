import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import type { Journey } from '../../core/journey.ts';
import { Quota } from '../../runners/quota.ts';
import { type Leases, turnsOf } from '../../runners/turns.ts';
import { Store } from '../../store/store.ts';

const folder = mkdtempSync(join(tmpdir(), 'throughline-turns-'));
const file = join(folder, 'people.csv');
let stores: readonly [Store, Store];
beforeAll(async () => {
  writeFileSync(file, 'name,pin\nAda,1111\nBob,2222\n');
  stores = [await Store.open(folder), await Store.open(folder)];
});
afterAll(async () => {
  for (const store of stores) await store[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const journey = (rows: 'one' | 'all') =>
  ({
    id: 'j',
    retry: 0,
    data: { file, rows, secret: ['pin'], columns: ['name', 'pin'], place: { file, line: 1, column: 1 } },
  }) as unknown as Journey;
const leasesOf = (store: Store): Leases => ({
  take: (kind, name, until) => store.take(kind, name, { now: systemClock.now(), until }),
  give: (kind, name) => store.give(kind, name),
});
const turning = (n: 0 | 1) => ({ repeat: 1, leases: leasesOf(stores[n]), limit: 60_000 });
const never = new AbortController().signal;

test('no two walks hold the same customer at once, be it one row a walk or one walk a row; who waits says so', async () => {
  const [one] = await turnsOf([journey('one')], turning(0));
  const [first, second] = await turnsOf([journey('all')], turning(1));
  const ada = await one?.hold(systemClock, never, () => undefined);
  expect(ada).toMatchObject({ customer: { name: 'Ada' }, row: 1, secret: ['1111'] });
  const bob = await second?.hold(systemClock, never, () => undefined);
  expect(bob).toMatchObject({ customer: { name: 'Bob' }, row: 2 });
  const said: string[] = [];
  const told = Promise.withResolvers<void>();
  const waiting = first?.hold(systemClock, never, (line) => {
    said.push(line);
    told.resolve();
  });
  await told.promise;
  expect(said).toEqual(['j waits for a customer: row 1 is held by other walks']);
  await ada?.[Symbol.asyncDispose]();
  const again = await waiting;
  expect(again).toMatchObject({ customer: { name: 'Ada' } });
  await again?.[Symbol.asyncDispose]();
  await bob?.[Symbol.asyncDispose]();
});

test('who waits for a customer is let go by an interrupt', async () => {
  const stop = new AbortController();
  const turns = await turnsOf([journey('one')], turning(0));
  const held = [await turns[0]?.hold(systemClock, never, () => undefined)];
  held.push(await turns[0]?.hold(systemClock, never, () => undefined));
  const waiting = turns[0]?.hold(systemClock, stop.signal, () => undefined);
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  for (const one of held) await one?.[Symbol.asyncDispose]();
});

test('what one process spent counts in the next, and in one that runs beside it', async () => {
  const zone = 'UTC';
  const beside = await Quota.open(stores[0], { clock: systemClock, zone });
  {
    await using quota = await Quota.open(stores[1], { clock: systemClock, zone });
    expect(quota.count('message')).toBe(1);
    expect(quota.count('message')).toBe(2);
    expect(quota.count('second', 90)).toBe(90);
    expect(quota.count('call', 0)).toBe(0);
  }
  expect(beside.count('message')).toBe(1);
  await beside[Symbol.asyncDispose]();
  await using after = await Quota.open(stores[1], { clock: systemClock, zone });
  expect(after.count('message', 0)).toBe(3);
  expect(after.count('second', 0)).toBe(90);
});
