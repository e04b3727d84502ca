import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import { seriesId, variantKey } from '../store/key.ts';
import { Store } from '../store/store.ts';
import type { Report } from './spine/project.ts';
import { runOfWalks } from './store/walks.ts';

class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'throughline-bench-store-'));

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Walks as they end, twenty at once, each run of twenty acknowledged before the next begins to count. */
async function ingest(report: Report): Promise<void> {
  using folder = new Folder();
  await using store = await Store.open(folder.path);
  const runs = 150;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const from = performance.now();
  delay.enable();
  for (let n = 0; n < runs; n += 1) {
    await using ledger = store.ledger();
    for (const event of runOfWalks(`r${n}`, 20)) {
      ledger.on(event);
      // Events come from the network one by one: the loop turns between walks.
      if (event.type === 'walk.ended') await new Promise((resolve) => setImmediate(resolve));
    }
  }
  delay.disable();
  const value = (runs * 20) / ((performance.now() - from) / 1000);
  report({
    figure: 'durable ingest, 20 steps a walk, 20 walks at once, synchronous full',
    value,
    unit: 'walks/s',
    goal: '≥ 1,000',
    holds: value >= 1_000,
  });
  const p99 = Math.max(0, delay.percentile(99) / 1e6 - 1);
  report({
    figure: 'event-loop delay p99 at that rate, beyond the 1 ms of the timer',
    value: p99,
    unit: 'ms',
    goal: '≤ 1 ms',
    holds: p99 <= 1,
  });
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
      "insert into run select 'r' || h, ? + h * 3600000, 't', 'bench', 'l', 'canary', 'b' || h, null, null, null, 'passed', 1, 0, 0 from hour",
    )
    .run(start);
  const walk = database.prepare(
    "insert into walk select ? || '-' || h, 'r' || h, ?, 't', 'o', ? + h * 3600000, 'h', 'passed', 1, 1, 0 from hour",
  );
  const sample = database.prepare(
    "insert into sample select ?, ? + h * 3600000, ? || '-' || h, 'r' || h, 'passed', 100 + abs(random() % 1000) / 10.0 from hour",
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
    figure: `30 days of a step, 720 samples of ${rows.toLocaleString('en')} rows, first call`,
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
  await killed(report);
  await chart(report);
}
