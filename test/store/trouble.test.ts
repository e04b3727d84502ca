import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Event } from '../../core/event.ts';
import { refuseOld } from '../../store/base.ts';
import { Store } from '../../store/store.ts';
import { keep, like, Places } from './places.ts';
import { runOf } from './run.ts';

let places: Places;
beforeAll(async () => {
  places = await Places.open();
});
afterAll(() => places?.[Symbol.asyncDispose]());

const runs = async (store: Store) => (await store.history.samples(like, 'answer', {})).map(({ run }) => run);

describe.each(['SQLite', 'PostgreSQL'] as const)('%s', (database) => {
  const opened = async () => {
    const store = await places.store(database);
    onTestFinished(() => store[Symbol.asyncDispose]());
    return store;
  };

  test('a walk that the database refuses is left out alone, and said', async () => {
    const store = await opened();
    await keep(store, { run: 'one', at: 1_000, walks: [{ ms: 1 }] });
    const ledger = store.ledger();
    for (const event of runOf({ run: 'two', at: 2_000, walks: [{ ms: 2 }, { ms: 3 }, { ms: 4 }] }))
      ledger.on('walk' in event && event.walk === 'two-2' ? ({ ...event, walk: 'one-1' } as Event) : event);
    await expect(ledger[Symbol.asyncDispose]()).rejects.toThrow(/^1 of 3 walks could not be remembered in .*walk/);
    expect(await runs(store)).toEqual(['one', 'two', 'two']);
  });

  test('durations that are none become no samples; zero and huge ones stay', async () => {
    const store = await opened();
    const odd = [Number.NaN, -5, Number.POSITIVE_INFINITY, 0, 1e300, 12];
    await keep(store, { run: 'odd', at: 10_000, walks: odd.map((ms) => ({ ms })) });
    expect((await store.history.samples(like, 'answer', {})).map(({ ms }) => ms)).toEqual([0, 1e300, 12]);
    expect(await store.history.metrics(like, 'answer', 'onset', {})).toHaveLength(4);
  });

  test('a clock that goes backwards and texts with a NUL change nothing', async () => {
    const store = await opened();
    await keep(store, { run: 'later', at: 9_000, walks: [{ ms: 9 }] });
    await keep(store, { run: 'earlier', at: 3_000, walks: [{ ms: 3 }], journey: 'shop/answer', batch: 'a\0b' });
    expect(await runs(store)).toEqual(['earlier', 'later']);
  });

  test('eight writers at once lose nothing', async () => {
    const store = await opened();
    const ids = Array.from({ length: 8 }, (_, n) => `w${n}`);
    await Promise.all(ids.map((run, n) => keep(store, { run, at: 1_000 + n, walks: [{ ms: 1 }, { ms: 2 }] })));
    expect(await runs(store)).toHaveLength(16);
    await Promise.all(ids.map(() => store.rollups.roll()));
    const [series] = await store.series('shop/answer');
    expect((await store.rollups.cells(Number(series?.id), 'h', { from: 0 }))[0]?.n).toBe(16);
  });
});

/** Processes that open a store at the same moment and each write a run. Resolves to what they said. */
async function race(many: number, { folder, url = '', user = '' }: { folder: string; url?: string; user?: string }) {
  const racer = new URL('./racer.ts', import.meta.url).pathname;
  const children = Array.from({ length: many }, (_, n) =>
    spawn(process.execPath, [racer, folder, url, String(n), user]),
  );
  return told(children);
}

/** Lets them go once all are ready. */
async function told(children: readonly ChildProcessWithoutNullStreams[]): Promise<readonly string[]> {
  await Promise.all(children.map((child) => once(child.stdout, 'data')));
  return Promise.all(
    children.map(async (child) => {
      let said = '';
      const more = (piece: Buffer) => {
        said += piece;
      };
      child.stdout.on('data', more);
      child.stderr.on('data', more);
      child.stdin.write('go');
      await once(child, 'close');
      return said;
    }),
  );
}

test('ten processes that open a new store at once make one schema, on either database', async () => {
  const [folder, url] = [places.folder(), await places.postgres.database()];
  const none = Array.from({ length: 10 }, () => '');
  expect(await race(10, { folder })).toEqual(none);
  expect(await race(10, { folder: places.folder(), url })).toEqual(none);
  for (const store of [await Store.open(folder), await Store.open(folder, url)]) {
    expect(await runs(store)).toHaveLength(10);
    await store[Symbol.asyncDispose]();
  }
});

describe('PostgreSQL', () => {
  test('stopped at once in mid-write and started again: every walk is there once', async () => {
    const url = await places.postgres.database();
    await using store = await Store.open(places.folder(), url);
    const ledger = store.ledger({ patience: 60_000 });
    const [first = [], second = []] = ['a', 'b'].map((run) => [
      ...runOf({ run, at: 1_000, walks: Array.from({ length: 200 }, (_, n) => ({ ms: n + 1 })) }),
    ]);
    for (const event of first) ledger.on(event);
    await places.postgres.stop();
    for (const event of second) ledger.on(event);
    const ended = ledger[Symbol.asyncDispose]();
    await places.postgres.again();
    await ended;
    const kept = await store.history.samples(like, 'answer', {});
    expect([kept.length, new Set(kept.map(({ walk }) => walk)).size]).toEqual([400, 400]);
  });

  test('away until the end: said with the way out, and the events are kept', async () => {
    const folder = places.folder();
    const url = await places.postgres.database();
    await using store = await Store.open(folder, url);
    const ledger = store.ledger({ patience: 300 });
    await places.postgres.stop();
    for (const event of runOf({ run: 'lost', at: 1_000, walks: [{ ms: 1 }, { ms: 2 }] })) ledger.on(event);
    await expect(ledger[Symbol.asyncDispose]()).rejects.toThrow(
      /^2 of 2 walks could not be remembered in postgres:\/\/127\.0\.0\.1:\d+\/made_\d+: .*ECONNREFUSED.*\(see that the database is up.*its events are kept: `throughline import .*events\.ndjson` remembers them later$/,
    );
    await places.postgres.again();
    expect(readFileSync(join(folder, 'runs/lost/events.ndjson'), 'utf8').split('\n').length).toBeGreaterThan(10);
  });

  test('an address that leads nowhere is refused without its password', async () => {
    const { port } = new URL(places.postgres.url);
    const refused = (url: string) =>
      Store.open(places.folder(), url).then(
        () => 'opened',
        (error: Error) => error.message,
      );
    const told = await Promise.all([
      refused('postgres://ada:s3cret@127.0.0.1:1/db'),
      refused(`postgres://throughline:s3cret@127.0.0.1:${port}/no_such_database?password=s3cret`),
      refused(`postgres://nobody:s3cret@127.0.0.1:${port}/postgres`),
      refused('postgres://ada:s3cret@no.such.host.invalid/db'),
      refused('s3cret'),
      refused('postgres://ada:s3/cret@[/db'),
      refused('mysql://ada:s3cret@127.0.0.1/db'),
    ]);
    expect(told.filter((said) => said.includes('s3c'))).toEqual([]);
    expect(told).toEqual([
      expect.stringMatching(/postgres:\/\/127\.0\.0\.1:1\/db cannot be used: .*ECONNREFUSED/),
      expect.stringMatching(/no_such_database.*does not exist\n.*create that database/s),
      expect.stringMatching(/role "nobody" does not exist\n.*see user and password/s),
      expect.stringMatching(/(ENOTFOUND|EAI_AGAIN)/),
      expect.stringContaining('no address of a PostgreSQL'),
      expect.stringContaining('no address of a PostgreSQL'),
      expect.stringContaining('no address of a PostgreSQL'),
    ]);
  });
});

describe('SQLite', () => {
  /** A database whose file may not grow beyond what it has: as a full disk says it. */
  const fill = (folder: string) => {
    const database = new DatabaseSync(join(folder, 'store.sqlite'));
    database.exec('pragma wal_checkpoint(truncate)');
    return database;
  };

  test('locked for a while by another process: the run goes on and loses nothing', async () => {
    const folder = places.folder();
    await using store = await Store.open(folder);
    const other = fill(folder);
    other.exec('begin immediate');
    const ledger = store.ledger();
    for (const event of runOf({ run: 'patient', at: 1_000, walks: [{ ms: 1 }] })) ledger.on(event);
    other.exec('commit');
    other.close();
    await ledger[Symbol.asyncDispose]();
    expect(await runs(store)).toEqual(['patient']);
  });

  test('no room to write: said with the way out, nothing torn, and what was acknowledged is there', async () => {
    const folder = places.folder();
    const before = await Store.open(folder);
    await keep(before, { run: 'kept', at: 1, walks: [{ ms: 1 }] });
    await before[Symbol.asyncDispose]();
    const racer = new URL('./racer.ts', import.meta.url).pathname;
    const limited = `trap '' XFSZ; ulimit -f 64; exec "$0" "$@"`;
    const child = spawn('bash', ['-c', limited, process.execPath, racer, folder, '', '7', '', '400']);
    expect(await told([child])).toEqual([
      expect.stringMatching(
        /^Error: 400 of 400 walks could not be remembered in .*store\.sqlite: (disk I\/O error|database or disk is full)/,
      ),
    ]);
    await using after = await Store.open(folder);
    expect(await runs(after)).toEqual(['kept']);
    const database = new DatabaseSync(join(folder, 'store.sqlite'));
    expect(Object.values(database.prepare('pragma integrity_check').get() ?? {})).toEqual(['ok']);
    database.close();
    await keep(after, { run: 'next', at: 2, walks: [{ ms: 1 }] });
    expect(await runs(after)).toEqual(['kept', 'next']);
  });

  test('a folder that may not be written and a file that was cut are refused with the way out', async () => {
    const cut = places.folder();
    await (await Store.open(cut))[Symbol.asyncDispose]();
    const file = join(cut, 'store.sqlite');
    writeFileSync(file, readFileSync(file).subarray(0, 5_000));
    await expect(Store.open(cut)).rejects.toMatchObject({
      problems: [
        { message: expect.stringMatching(/malformed|not a database/), hint: expect.stringContaining('move it away') },
      ],
    });
    const shut = places.folder();
    await (await Store.open(shut))[Symbol.asyncDispose]();
    chmodSync(join(shut, 'store.sqlite'), 0o444);
    chmodSync(shut, 0o555);
    onTestFinished(() => chmodSync(shut, 0o755));
    const nobody = '65534';
    const [out] = await race(1, { folder: shut, user: nobody });
    expect(out).toMatch(/cannot be written: EACCES.*\n.*make the folder writable/s);
  });

  test('an SQLite that can corrupt what two processes write is refused', () => {
    for (const old of ['3.7.17', '3.50.4', '3.51.2'])
      expect(() => refuseOld(old)).toThrow(`SQLite ${old}, which can corrupt`);
    for (const fine of ['3.51.3', '3.53.4', '4.0.0']) expect(() => refuseOld(fine)).not.toThrow();
  });
});
