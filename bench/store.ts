import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Event } from '../core/event.ts';
import { seriesId, variantKey } from '../store/key.ts';
import { Store } from '../store/store.ts';
import { Postgres } from '../test/store/postgres.ts';
import type { Report } from './report.ts';
import { runOfWalks } from './store/walks.ts';

class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'throughline-bench-store-'));

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Walks as they end, twenty at once, each run of twenty acknowledged before the next begins. */
async function ingest(report: Report): Promise<void> {
  using folder = new Folder();
  await using store = await Store.open(folder.path);
  const runs = 150;
  const calls: number[] = [];
  const from = performance.now();
  for (let n = 0; n < runs; n += 1) {
    await using ledger = store.ledger();
    for (const event of runOfWalks(`r${n}`, 20)) {
      const before = performance.now();
      ledger.on(event);
      calls.push(performance.now() - before);
      // Events come from the network one by one: the loop turns between walks.
      if (event.type === 'walk.ended') await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const value = (runs * 20) / ((performance.now() - from) / 1000);
  report({
    figure: 'durable ingest, 20 steps a walk, 20 walks at once, synchronous full',
    value,
    unit: 'walks/s',
    goal: '≥ 1,000',
    holds: value >= 1_000,
  });
  const held = calls.sort((a, b) => a - b)[Math.floor(calls.length * 0.99)] ?? Number.NaN;
  report({
    figure: 'one event handed to the store at that rate, p99',
    value: held,
    unit: 'ms',
    goal: '≤ 1 ms',
    holds: held <= 1,
  });
}

/** p99 over walks in ms: how late the loop's timers are, and how long the loop is held from a walk's end until it turns again, garbage collection and the first walks of a process included. */
async function steadily(take: (event: Event) => void, rate: number) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const held: number[] = [];
  const from = performance.now();
  for (const event of [...runOfWalks('steady', rate * 10)]) {
    const before = performance.now();
    take(event);
    if (event.type !== 'walk.ended') continue;
    // What the store does for a walk later, it does in the same turn: this is queued behind it.
    await new Promise((resolve) => setImmediate(resolve));
    held.push(performance.now() - before);
    const due = from + (held.length * 1_000) / rate;
    if (due > performance.now()) await sleep(due - performance.now());
  }
  delay.disable();
  const p99 = held.sort((a, b) => a - b)[Math.floor(held.length * 0.99)] ?? Number.NaN;
  return { late: delay.percentile(99) / 1e6, held: p99 };
}

/** What the store costs the loop that calls hang on: three times without and with it in turn, the medians. */
async function loop(report: Report): Promise<void> {
  const rate = 50;
  const [bare, kept]: [Awaited<ReturnType<typeof steadily>>[], Awaited<ReturnType<typeof steadily>>[]] = [[], []];
  for (let n = 0; n < 3; n += 1) {
    using folder = new Folder();
    await using store = await Store.open(folder.path);
    bare.push(await steadily(() => undefined, rate));
    await using ledger = store.ledger();
    kept.push(await steadily((event) => ledger.on(event), rate));
  }
  const middle = (values: number[]) => values.sort((a, b) => a - b)[1] ?? Number.NaN;
  const late = { bare: middle(bare.map(({ late }) => late)), kept: middle(kept.map(({ late }) => late)) };
  report({
    figure: `event loop, timers later than without a store, ${rate} walks/s of 20 steps, p99`,
    value: late.kept - late.bare,
    unit: 'ms',
    goal: '≤ 1 ms',
    holds: late.kept - late.bare <= 1,
    peer: 'without a store',
    peerValue: late.bare,
  });
  report({
    figure: `event loop held for the whole of a walk at that rate, p99 of ${rate * 10}`,
    value: middle(kept.map(({ held }) => held)),
    unit: 'ms',
    peer: 'without a store',
    peerValue: middle(bare.map(({ held }) => held)),
  });
}

/** A server that stops as by a power cut in the middle of writing, and starts again. */
async function restarted(report: Report): Promise<void> {
  using folder = new Folder();
  await using server = await Postgres.start();
  await using store = await Store.open(folder.path, server.url);
  const trials = 10;
  const from = performance.now();
  await Promise.all(
    Array.from({ length: 8 }, async (_, n) => {
      for (let k = 0; k < 5; k += 1) {
        await using ledger = store.ledger();
        for (const event of runOfWalks(`pg${n}-${k}`, 20)) ledger.on(event);
      }
    }),
  );
  report({
    figure: 'PostgreSQL, ingest of 8 runs at once, 20 steps a walk, server stock',
    value: 800 / ((performance.now() - from) / 1000),
    unit: 'walks/s',
  });
  for (let n = 0; n < trials; n += 1) {
    const ledger = store.ledger({ patience: 60_000 });
    const events = [...runOfWalks(`cut${n}`, 200)];
    let stopped: Promise<void> | undefined;
    for (const [at, event] of events.entries()) {
      ledger.on(event);
      if (event.type === 'walk.ended') await new Promise((resolve) => setImmediate(resolve));
      if (at > (events.length * (n + 1)) / (trials + 2)) stopped ??= server.stop().then(() => server.again());
    }
    await stopped;
    await ledger[Symbol.asyncDispose]();
  }
  const like = { journey: 'shop/answer', environment: 'bench', location: 'here' };
  const kept = (await store.history.samples(like, 'step-7', {})).filter(({ run }) => run.startsWith('cut'));
  const lost = trials * 200 - new Set(kept.map(({ walk }) => walk)).size;
  report({
    figure: `acknowledged walks lost in ${trials} immediate restarts of PostgreSQL in mid-write (of ${trials * 200})`,
    value: lost,
    unit: 'walks',
    goal: '0',
    holds: lost === 0,
  });
  const doubled = kept.length - new Set(kept.map(({ walk }) => walk)).size;
  report({ figure: 'walks written twice by it', value: doubled, unit: 'walks', goal: '0', holds: doubled === 0 });
}

const days = 30;
const places = 14;
const journeys = 50;

/** 50 journeys of 20 steps, 14 places, hourly for 30 days: 10,080,000 rows. */
async function chart(report: Report): Promise<void> {
  using folder = new Folder();
  await (await Store.open(folder.path))[Symbol.asyncDispose]();
  const database = new DatabaseSync(join(folder.path, 'store.sqlite'));
  database.exec('pragma synchronous=off; pragma journal_mode=off; pragma cache_size=-400000');
  const key = (journey: number, step: number, location: number) => ({
    journey: `j${journey}`,
    step: `s${step}`,
    environment: 'bench',
    location: `l${location}`,
    trigger: 'canary',
    variant: variantKey(),
  });
  const series = database.prepare(
    'insert into series (id, journey, step, environment, location, trigger, variant) values (?, ?, ?, ?, ?, ?, ?)',
  );
  database.exec('drop index sample_series; drop index sample_run; begin; create temp table hour (h integer)');
  const hour = database.prepare('insert into hour values (?)');
  for (let h = 0; h < days * 24; h += 1) hour.run(h);
  const start = 1_790_000_000_000;
  database
    .prepare(
      "insert into run (id, at, tool, environment, location, trigger, batch, commit_id, branch, subject, status, ms, exit, interrupted) select 'r' || h, ? + h * 3600000, 't', 'bench', 'l', 'canary', 'b' || h, null, null, null, 'passed', 1, 0, 0 from hour",
    )
    .run(start);
  const walk = database.prepare(
    "insert into walk (id, run, journey, title, owner, at, hash, status, ms, attempts, flaky) select ? || '-' || h, 'r' || h, ?, 't', 'o', ? + h * 3600000, 'h', 'passed', 1, 1, 0 from hour",
  );
  const sample = database.prepare(
    "insert into sample (series, at, walk, run, status, ms) select ?, ? + h * 3600000, ? || '-' || h, 'r' || h, 'passed', 100 + abs(random() % 1000) / 10.0 from hour",
  );
  for (let journey = 0; journey < journeys; journey += 1)
    for (let location = 0; location < places; location += 1) {
      const name = `w${journey}-${location}`;
      walk.run(name, `j${journey}`, start);
      for (let step = 0; step < 20; step += 1) {
        const one = key(journey, step, location);
        const id = seriesId(one);
        series.run(id, one.journey, one.step, one.environment, one.location, one.trigger, one.variant);
        sample.run(id, start, name);
      }
    }
  database.exec(
    'commit; create index sample_series on sample (series, at, ms, status, run, walk); create index sample_run on sample (run)',
  );
  const rows = Number(Object.values(database.prepare('select count(*) as n from sample').get() ?? {})[0]);
  database.exec('pragma journal_mode=wal');
  database.close();
  await using store = await Store.open(folder.path);
  const asked = async (step: number) => {
    const from = performance.now();
    const samples = await store.history.samples(
      { journey: 'j7', environment: 'bench', location: 'l3', trigger: 'canary' },
      `s${step}`,
      { from: start },
    );
    if (samples.length !== days * 24) throw new Error(`expected ${days * 24} samples, got ${samples.length}`);
    return performance.now() - from;
  };
  const cold = await asked(0);
  const warm: number[] = [];
  for (let n = 0; n < 21; n += 1) warm.push(await asked(n % 20));
  const value = warm.sort((a, b) => a - b)[10] ?? Number.NaN;
  report({
    figure: `30 days of a step, 720 samples of ${rows.toLocaleString('en')} rows (filled by bulk inserts, then indexed), first call`,
    value: cold,
    unit: 'ms',
  });
  report({ figure: 'the same, warm, median of 21', value, unit: 'ms', goal: '≤ 50 ms', holds: value <= 50 });
}

/** Killed in the middle of writing, again and again: what was acknowledged must be there, whole. */
async function killed(report: Report): Promise<void> {
  using folder = new Folder();
  const trials = 100;
  const writer = new URL('./store/writer.ts', import.meta.url).pathname;
  const told: string[] = [];
  for (let n = 0; n < trials; n += 1) {
    const child = spawn(process.execPath, [writer, folder.path, `t${n}`]);
    let out = '';
    const after = 1 + (n % 7);
    child.stdout.on('data', (piece: Buffer) => {
      out += piece;
      if (out.split('\n').length > after) child.kill('SIGKILL');
    });
    await once(child, 'close');
    told.push(...out.split('\n').slice(0, -1));
  }
  const database = new DatabaseSync(join(folder.path, 'store.sqlite'));
  const kept = new Map(
    database
      .prepare('select run, count(*) as n from sample group by run')
      .all()
      .map((row) => [String(row.run), Number(row.n)]),
  );
  const lost = told.filter((run) => kept.get(run) !== 400).length;
  const torn = database
    .prepare('select count(*) as n from walk w where (select count(*) from sample s where s.walk = w.id) <> 20')
    .get();
  const sound = Object.values(database.prepare('pragma integrity_check').get() ?? {})[0] === 'ok';
  database.close();
  report({
    figure: `acknowledged runs lost in ${trials} kill -9 (of ${told.length})`,
    value: lost,
    unit: 'runs',
    goal: '0',
    holds: lost === 0,
  });
  const halves = Number(torn?.n ?? 0) + (sound ? 0 : 1);
  report({
    figure: 'walks kept in part, and pages unsound, after them',
    value: halves,
    unit: '',
    goal: '0',
    holds: halves === 0,
  });
}

export default async function store(report: Report): Promise<void> {
  await ingest(report);
  await loop(report);
  await killed(report);
  await restarted(report);
  await chart(report);
}
