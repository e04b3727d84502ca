import type { Kysely, Transaction } from 'kysely';
import { type Cell, cellOf, cellOfRow, merged, quantileOf, rowOf } from './cell.ts';
import { type Counted, countedIn, hour, moveFigures } from './counted.ts';
import { type Quality, qualityOf } from './qualities.ts';
import type { Tables } from './tables.ts';

export const day = 24 * hour;

type Tx = Transaction<Tables>;
/** Runs rolled up in one transaction. */
const atOnce = 50;
/** Raw samples before that moment are gone: what is rolled up of them is all there is. */
const rawFrom = 'raw from';

/** Hours and days of every series, and of every figure of quality. Every ended run rolls up what it touched: a cell is counted anew from its samples, so doing it again changes nothing. */
export class Rollups {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** Rolls up what is not yet, at least so many runs where there are. Resolves to their number. */
  async roll(least = Number.POSITIVE_INFINITY): Promise<number> {
    for (let all = 0; ; ) {
      const some = await this.#db.transaction().execute((tx) => rollSome(tx));
      all += some;
      if (some < atOnce || all >= least) return all;
    }
  }

  /** Epoch ms before which no raw samples are kept; 0 where all are. */
  async rawFrom(): Promise<number> {
    return rawFromOf(this.#db);
  }

  /** Says that raw samples before then are gone from now on. */
  async giveUp(before: number): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      await alone(tx);
      if (before > (await rawFromOf(tx))) await setMeta(tx, rawFrom, String(before));
    });
  }

  /** Oldest first, `from` inclusive, `to` exclusive. */
  async cells(
    series: number,
    grain: 'h' | 'd',
    { from, to }: { readonly from: number; readonly to?: number },
  ): Promise<readonly Cell[]> {
    let query = this.#db
      .selectFrom('rollup')
      .selectAll()
      .where('series', '=', series)
      .where('grain', '=', grain)
      .where('at', '>=', from);
    if (to !== undefined) query = query.where('at', '<', to);
    return (await query.orderBy('at').execute()).map(cellOfRow);
  }

  /** As `Past.course`, from hours: their medians for durations, and as many failed tries as there were. */
  async course(series: number, from: number) {
    const cells = await this.cells(series, 'h', { from: from - (from % hour) });
    return cells.flatMap((cell) => {
      const { at, n, failed, late } = cell;
      const batch = new Date(at).toISOString().slice(0, 13);
      const lost = Array.from({ length: failed }, () => ({ at, ms: null, status: 'failed', batch }));
      const median = quantileOf(cell, 0.5);
      const fine = Array.from({ length: n - failed }, (_, k) => ({
        at,
        ms: k === 0 ? median : undefined,
        status: k < late ? 'degraded' : 'passed',
        batch,
      }));
      return [...lost, ...fine];
    });
  }

  /** As `Past.qualities`, from hours: one value an hour, their median. */
  async qualities(of: { readonly from: number; readonly journey?: string }): Promise<readonly Quality[]> {
    let query = this.#db
      .selectFrom('figure')
      .innerJoin('series', 'series.id', 'figure.series')
      .select(['series.journey', 'series.step', 'series.environment', 'series.location', 'series.trigger'])
      .select(['series.variant', 'figure.id', 'figure.name', 'figure.unit']);
    if (of.journey !== undefined) query = query.where('series.journey', '=', of.journey);
    const found: Quality[] = [];
    for (const figure of await query.orderBy('series.journey').orderBy('series.step').orderBy('name').execute()) {
      const id = Number(figure.id);
      const cells = await this.cells(id, 'h', { from: of.from - (of.from % hour) });
      const samples = cells.flatMap((cell) => {
        const value = quantileOf(cell, 0.5);
        return value === null ? [] : [{ at: cell.at, value }];
      });
      if (samples.length > 0) found.push(qualityOf({ ...figure, id, samples }));
    }
    return found;
  }
}

async function rollSome(tx: Tx): Promise<number> {
  await alone(tx);
  const runs = (await tx.selectFrom('unrolled').select('run').orderBy('run').limit(atOnce).execute()).map(
    ({ run }) => run,
  );
  if (runs.length === 0) return 0;
  const raw = await rawFromOf(tx);
  for (const counted of await countedIn(tx, runs)) {
    const kept = counted.hours.filter((at) => at >= raw);
    const late = counted.hours.filter((at) => at < raw);
    if (kept.length > 0) await recount(tx, counted, kept);
    if (late.length > 0) await addTo(tx, counted, { hours: late, runs });
    for (const at of new Set(counted.hours.map((one) => one - (one % day)))) await sumUp(tx, counted.id, at);
  }
  await tx.deleteFrom('unrolled').where('run', 'in', runs).execute();
  return runs.length;
}

/** Counts hours anew from all their samples. */
async function recount(tx: Tx, counted: Counted, hours: readonly number[]): Promise<void> {
  const [first = 0] = hours;
  const last = hours.at(-1) ?? 0;
  const tries = await counted.tries({ from: first, to: last + hour });
  for (const at of hours) await put(tx, { series: counted.id, grain: 'h', cell: cellOf(at, tries.get(at) ?? []) });
}

/** Adds what came after the samples of an hour were deleted; it is not kept raw, lest it be added twice. */
async function addTo(
  tx: Tx,
  counted: Counted,
  { hours, runs }: { readonly hours: readonly number[]; readonly runs: readonly string[] },
): Promise<void> {
  for (const at of hours) {
    const range = { from: at, to: at + hour, runs };
    const fresh = cellOf(at, (await counted.tries(range)).get(at) ?? []);
    const row = await tx
      .selectFrom('rollup')
      .selectAll()
      .where('series', '=', counted.id)
      .where('grain', '=', 'h')
      .where('at', '=', at)
      .executeTakeFirst();
    const cell = row ? merged(at, [cellOfRow(row), fresh]) : fresh;
    await put(tx, { series: counted.id, grain: 'h', cell });
    await counted.forget(range);
  }
}

async function sumUp(tx: Tx, series: number, at: number): Promise<void> {
  const rows = await tx
    .selectFrom('rollup')
    .selectAll()
    .where('series', '=', series)
    .where('grain', '=', 'h')
    .where('at', '>=', at)
    .where('at', '<', at + day)
    .execute();
  await put(tx, { series, grain: 'd', cell: merged(at, rows.map(cellOfRow)) });
}

/** Adds what is rolled up of one series to another, with its figures. Resolves to the ids of all that moved, before and after. */
export async function moveRolled(tx: Tx, from: number, to: number): Promise<readonly (readonly [number, number])[]> {
  const moved = [[from, to] as const, ...(await moveFigures(tx, from, to))];
  for (const [old, fresh] of moved) await moveCells(tx, old, fresh);
  return moved;
}

async function moveCells(tx: Tx, from: number, to: number): Promise<void> {
  const rows = await tx.selectFrom('rollup').selectAll().where('series', '=', from).execute();
  for (const row of rows) {
    const there = await tx
      .selectFrom('rollup')
      .selectAll()
      .where('series', '=', to)
      .where('grain', '=', row.grain)
      .where('at', '=', row.at)
      .executeTakeFirst();
    const cell = merged(row.at, [row, ...(there ? [there] : [])].map(cellOfRow));
    await put(tx, { series: to, grain: row.grain, cell });
  }
  await tx.deleteFrom('rollup').where('series', '=', from).execute();
}

async function put(
  tx: Tx,
  { series, grain, cell }: { readonly series: number; readonly grain: 'h' | 'd'; readonly cell: Cell },
): Promise<void> {
  const row = rowOf(series, grain, cell);
  if (cell.n === 0) {
    await tx
      .deleteFrom('rollup')
      .where('series', '=', series)
      .where('grain', '=', grain)
      .where('at', '=', cell.at)
      .execute();
    return;
  }
  const { series: _, grain: __, at: ___, ...rest } = row;
  await tx
    .insertInto('rollup')
    .values(row)
    .onConflict((conflict) => conflict.columns(['series', 'grain', 'at']).doUpdateSet(rest))
    .execute();
}

/** Two processes never roll up at once: on PostgreSQL the row is locked, on SQLite the transaction is. */
async function alone(tx: Tx): Promise<void> {
  await setMeta(tx, 'rolling', '');
}

async function setMeta(tx: Tx, key: string, value: string): Promise<void> {
  await tx
    .insertInto('meta')
    .values({ key, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute();
}

async function rawFromOf(db: Kysely<Tables>): Promise<number> {
  const row = await db.selectFrom('meta').select('value').where('key', '=', rawFrom).executeTakeFirst();
  return Number(row?.value ?? 0);
}
