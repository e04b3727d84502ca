import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Store } from '../../store/store.ts';
import { Postgres } from './postgres.ts';
import { runOf } from './run.ts';

const folders: string[] = [];
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'throughline-store-'));
  folders.push(made);
  return made;
};
let postgres: Postgres;
beforeAll(async () => {
  postgres = await Postgres.start();
});
afterAll(async () => {
  await postgres?.[Symbol.asyncDispose]();
  for (const made of folders) rmSync(made, { recursive: true, force: true });
});

const like = { journey: 'shop/answer', environment: 'test', location: 'here' };

async function keep(store: Store, made: Parameters<typeof runOf>[0]): Promise<void> {
  await using ledger = store.ledger();
  for (const event of runOf(made)) ledger.on(event);
}

describe.each([
  ['SQLite', () => Store.open(folder())],
  ['PostgreSQL', () => Store.open(folder(), postgres.url)],
] as const)('%s', (name, open) => {
  const id = (text: string) => `${name}-${text}`;

  test('keeps what counts, and only complete runs become history', async () => {
    await using store = await open();
    await keep(store, {
      run: id('1'),
      at: 1_000_000,
      commit: 'a1b2c3d4',
      walks: [{ ms: 100 }, { ms: 120, status: 'degraded' }],
    });
    await keep(store, {
      run: id('2'),
      at: 2_000_000,
      walks: [
        { ms: 500, status: 'failed' },
        { ms: 90, status: 'broken' },
      ],
    });
    await keep(store, { run: id('3'), at: 3_000_000, walks: [{ ms: 130 }], ended: false });
    await keep(store, { run: id('4'), at: 4_000_000, walks: [{ ms: 140 }], interrupted: true });
    await keep(store, {
      run: id('5'),
      at: 5_000_000,
      walks: [
        { ms: 150, tries: 2 },
        { ms: 160, status: 'failed', attempts: 2 },
      ],
    });
    const samples = await store.history.samples(like, 'answer', {});
    expect(samples.map(({ run, status, ms }) => [run, status, ms])).toEqual([
      [id('1'), 'passed', 100],
      [id('1'), 'degraded', 120],
      [id('2'), 'failed', undefined],
      [id('5'), 'failed', undefined],
      [id('5'), 'failed', undefined],
    ]);
    expect(samples[0]).toMatchObject({ at: 1_000_000, batch: id('1'), commit: 'a1b2c3d4' });
    expect(await store.history.steps(like)).toEqual(['answer']);
    expect(await store.history.samples(like, 'answer', { last: 2, without: [id('5')] })).toHaveLength(2);
    expect((await store.history.metrics(like, 'answer', 'onset', { to: 1_500_000 })).map(({ value }) => value)).toEqual(
      [50, 60],
    );
    expect(await store.history.lastGood(like, 'answer', 4_500_000)).toEqual({ run: id('4'), at: 4_000_000 });
    expect(
      (await store.runs({ last: 10 })).filter((run) => run.id.startsWith(name)).map(({ status }) => status),
    ).toEqual(['passed', 'passed', null, 'passed', 'passed']);
    expect(await store.retention.forget(2_500_000)).toEqual([id('1'), id('2')]);
    expect((await store.history.samples(like, 'answer', {})).every(({ run }) => run === id('5'))).toBe(true);
    await store.retention.forget(10_000_000);
  });

  test('changes are those that people marked and the first run of each commit', async () => {
    await using store = await open();
    await keep(store, { run: id('c1'), at: 1_000, commit: 'aaaaaaaaaa', walks: [] });
    await keep(store, { run: id('c2'), at: 2_000, commit: 'aaaaaaaaaa', walks: [] });
    await keep(store, { run: id('c3'), at: 3_000, commit: 'bbbbbbbbbb', walks: [] });
    await store.markers.add(id('m'), { name: 'flow v42', at: 2_500, scope: ['ivr', 'routing'], by: 'routing-team' });
    expect(await store.history.changes({ from: 1_500 })).toEqual([
      { name: 'flow v42', at: 2_500, scope: ['ivr', 'routing'], by: 'routing-team' },
      { name: 'commit bbbbbbb', at: 3_000 },
    ]);
    expect(await store.markers.remove(id('m'))).toBe(true);
    expect(await store.markers.remove(id('m'))).toBe(false);
    await store.retention.forget(10_000);
  });

  test('a lease is held by one, until its time is over or it is given back', async () => {
    const shared = name === 'SQLite' ? folder() : undefined;
    const again = () => (shared === undefined ? open() : Store.open(shared));
    await using one = await again();
    await using other = await again();
    expect(await one.take('row', '1', { now: 0, until: 1_000 })).toBe(true);
    expect(await other.take('row', '1', { now: 500, until: 1_500 })).toBe(false);
    expect(await other.take('row', '1', { now: 1_001, until: 2_000 })).toBe(true);
    await one.give('row', '1');
    expect(await one.take('row', '1', { now: 1_500, until: 3_000 })).toBe(false);
    await other.give('row', '1');
    expect(await one.take('row', '1', { now: 1_500, until: 3_000 })).toBe(true);
    await one.add('call', '2026-11-24', 2);
    await other.add('call', '2026-11-24', 3);
    expect(await one.count('call', '2026-11-24')).toBe(5);
  });

  test('what was made and not forgotten is left behind once its run no longer lives', async () => {
    await using store = await open();
    const run = id('made');
    await store.breathe(run, 1_000);
    {
      await using ledger = store.ledger();
      for (const event of runOf({ run, at: 1_000, walks: [], ended: false })) ledger.on(event);
      const note = {
        v: 1,
        at: 1_001,
        run,
        seq: 7,
        walk: `${run}-1`,
        journey: 'x',
        attempt: 1,
        actor: 'customer',
        type: 'step.noted',
      } as const;
      ledger.on({ ...note, note: { type: 'made', driver: 'crm', record: { id: '50001' } } });
      ledger.on({ ...note, note: { type: 'made', driver: 'crm', record: { id: '50002' } } });
      ledger.on({ ...note, note: { type: 'forgotten', driver: 'crm', record: { id: '50001' } } });
    }
    expect(await store.leftBehind(2_000)).toEqual([]);
    const [left, ...more] = await store.leftBehind(100_000);
    expect(left).toEqual({ run, driver: 'crm', environment: 'test', at: 1_001, record: { id: '50002' } });
    expect(more).toEqual([]);
    await store.forgotten(left as NonNullable<typeof left>);
    expect(await store.leftBehind(100_000)).toEqual([]);
  });
});

describe('SQLite, in trouble', () => {
  test('ten that open a new store at once make one schema', async () => {
    const place = folder();
    const stores = await Promise.all(Array.from({ length: 10 }, () => Store.open(place)));
    await Promise.all(stores.map((store, n) => keep(store, { run: `r${n}`, at: n, walks: [{ ms: n + 1 }] })));
    expect(await stores[0]?.history.samples(like, 'answer', {})).toHaveLength(10);
    for (const store of stores) await store[Symbol.asyncDispose]();
  });

  test('a store from a newer version, a corrupt one and a place that is no folder are refused with the way out', async () => {
    const newer = folder();
    await (await Store.open(newer))[Symbol.asyncDispose]();
    const database = new DatabaseSync(join(newer, 'store.sqlite'));
    database.exec("update meta set value = '99' where key = 'version'");
    database.close();
    await expect(Store.open(newer)).rejects.toThrow(/written by a newer Throughline \(schema 99/);
    const corrupt = folder();
    writeFileSync(join(corrupt, 'store.sqlite'), 'this is no database'.repeat(1_000));
    await expect(Store.open(corrupt)).rejects.toMatchObject({
      problems: [{ message: expect.stringContaining('not a database'), hint: expect.stringContaining('move it away') }],
    });
    const file = join(folder(), 'file');
    writeFileSync(file, '');
    await expect(Store.open(file)).rejects.toThrow(/cannot be written/);
  });

  test('the event stream lies beside the database, as it was said', async () => {
    const place = folder();
    await using store = await Store.open(place);
    await keep(store, { run: 'r', at: 1, walks: [{ ms: 1 }] });
    const lines = readFileSync(join(place, 'runs/r/events.ndjson'), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([...runOf({ run: 'r', at: 1, walks: [{ ms: 1 }] })]);
  });
});

test('PostgreSQL that is restarted in mid-run: what was acknowledged is there, and the next run writes again', async () => {
  await using store = await Store.open(folder(), postgres.url);
  await keep(store, { run: 'before', at: 1_000, walks: [{ ms: 1 }] });
  await postgres.restart();
  await keep(store, { run: 'after', at: 2_000, walks: [{ ms: 2 }] });
  const runs = (await store.history.samples(like, 'answer', {})).map(({ run }) => run);
  expect(runs).toEqual(['before', 'after']);
});
