import type { JsonObject } from '../core/json.ts';
import { type Base, openBase } from './base.ts';
import { Baselines } from './baselines.ts';
import { Episodes } from './episodes.ts';
import { holder, isGone } from './holder.ts';
import { seriesId } from './key.ts';
import { Ledger, type LedgerOptions } from './ledger.ts';
import { Markers } from './markers.ts';
import { Past } from './past.ts';
import { Retention } from './retention.ts';
import { moveRolled, Rollups } from './rollups.ts';

export interface RunRow {
  readonly id: string;
  readonly at: number;
  readonly environment: string;
  readonly location: string;
  readonly trigger: string;
  readonly batch: string;
  readonly status: string | null;
  readonly ms: number | null;
  readonly commit: string | null;
  readonly branch: string | null;
  /** When its evidence was deleted. */
  readonly pruned: number | null;
  readonly interrupted: boolean;
  readonly passed: number;
  readonly walks: number;
}

export interface RunFilter {
  readonly last: number;
  /** With a walk of this journey. */
  readonly journey?: string;
  readonly environment?: string;
  readonly location?: string;
  readonly status?: string;
  /** Epoch ms, inclusive and exclusive. */
  readonly from?: number;
  readonly to?: number;
}

export interface LeftBehind {
  readonly run: string;
  readonly driver: string;
  readonly environment: string;
  readonly record: JsonObject;
  readonly at: number;
}

/** ms that a running run is believed to live without a sign. */
const alive = 60_000;

/** What a place remembers. Throws SpecError when opened where it cannot be. */
export class Store implements AsyncDisposable {
  readonly history: Past;
  readonly episodes: Episodes;
  readonly markers: Markers;
  readonly baselines: Baselines;
  readonly rollups: Rollups;
  readonly retention: Retention;
  readonly #base: Base;
  readonly #holder = holder(Math.random().toString(36).slice(2));
  readonly #folder: string;

  private constructor(base: Base, folder: string) {
    this.#base = base;
    this.#folder = folder;
    this.history = new Past(base.db);
    this.episodes = new Episodes(base.db);
    this.markers = new Markers(base.db);
    this.baselines = new Baselines(base.db);
    this.rollups = new Rollups(base.db);
    this.retention = new Retention(base.db, this.rollups);
  }

  /** SQLite in the folder, or PostgreSQL by URL; evidence and event streams lie in the folder either way. */
  static async open(folder: string, url?: string): Promise<Store> {
    return new Store(await openBase(folder, url), folder);
  }

  /** Writes down one run. */
  ledger(options: LedgerOptions = {}): Ledger {
    return new Ledger(this.#base, this.#folder, options);
  }

  /** Lets go what is held by processes of this machine that are no more; resolves to how many leases that were. */
  async bury(): Promise<number> {
    const { db } = this.#base;
    const held = await db.selectFrom('lease').select('holder').distinct().execute();
    const gone = held.map((row) => row.holder).filter(isGone);
    if (gone.length === 0) return 0;
    return Number((await db.deleteFrom('lease').where('holder', 'in', gone).executeTakeFirst()).numDeletedRows);
  }

  /** Takes a lease until then; false while another holds it. */
  async take(
    kind: string,
    name: string,
    { now, until }: { readonly now: number; readonly until: number },
  ): Promise<boolean> {
    const holder = this.#holder;
    const done = await this.#base.db
      .insertInto('lease')
      .values({ kind, name, holder, until })
      .onConflict((conflict) =>
        conflict.columns(['kind', 'name']).doUpdateSet({ holder, until }).where('lease.until', '<', now),
      )
      .executeTakeFirst();
    return Number(done.numInsertedOrUpdatedRows ?? 0n) > 0;
  }

  async give(kind: string, name: string): Promise<void> {
    await this.#base.db
      .deleteFrom('lease')
      .where('kind', '=', kind)
      .where('name', '=', name)
      .where('holder', '=', this.#holder)
      .execute();
  }

  /** Says that a run lives; to be repeated within a minute. */
  async breathe(run: string, now: number): Promise<void> {
    const { db } = this.#base;
    const values = { kind: 'run', name: run, holder: this.#holder, until: now + alive };
    await db
      .insertInto('lease')
      .values(values)
      .onConflict((conflict) => conflict.columns(['kind', 'name']).doUpdateSet({ until: values.until }))
      .execute();
  }

  /** How often something was done on a day (YYYY-MM-DD), this process's own included once added. */
  async count(kind: string, day: string): Promise<number> {
    const row = await this.#base.db
      .selectFrom('counter')
      .select('n')
      .where('kind', '=', kind)
      .where('day', '=', day)
      .executeTakeFirst();
    return row?.n ?? 0;
  }

  async add(kind: string, day: string, n: number): Promise<void> {
    await this.#base.db
      .insertInto('counter')
      .values({ kind, day, n })
      .onConflict((conflict) =>
        conflict.columns(['kind', 'day']).doUpdateSet(({ eb }) => ({ n: eb('counter.n', '+', n) })),
      )
      .execute();
  }

  /** The newest runs that meet a filter, oldest first. */
  async runs({ last, journey, environment, location, status, from, to }: RunFilter): Promise<readonly RunRow[]> {
    let newest = this.#base.db.selectFrom('run').selectAll().orderBy('at', 'desc').orderBy('id', 'desc').limit(last);
    if (environment !== undefined) newest = newest.where('environment', '=', environment);
    if (location !== undefined) newest = newest.where('location', '=', location);
    if (status !== undefined) newest = newest.where('status', '=', status);
    if (from !== undefined) newest = newest.where('at', '>=', from);
    if (to !== undefined) newest = newest.where('at', '<', to);
    if (journey !== undefined)
      newest = newest.where(({ exists, selectFrom }) =>
        exists(
          selectFrom('walk').select('walk.id').whereRef('walk.run', '=', 'run.id').where('walk.journey', '=', journey),
        ),
      );
    const rows = await newest.execute();
    const counts = new Map<string, { walks: number; passed: number }>();
    for (let n = 0; n < rows.length; n += 500) {
      const some = rows.slice(n, n + 500).map(({ id }) => id);
      const walks = await this.#base.db
        .selectFrom('walk')
        .select(({ fn }) => ['run', 'status', fn.countAll<number>().as('n')])
        .where('run', 'in', some)
        .groupBy(['run', 'status'])
        .execute();
      for (const { run, status: ended, n: many } of walks) {
        const count = counts.get(run) ?? { walks: 0, passed: 0 };
        counts.set(run, count);
        count.walks += Number(many);
        if (ended === 'passed' || ended === 'degraded') count.passed += Number(many);
      }
    }
    return rows.reverse().map((row) => ({
      id: row.id,
      at: row.at,
      environment: row.environment,
      location: row.location,
      trigger: row.trigger,
      batch: row.batch,
      status: row.status,
      ms: row.ms,
      commit: row.commit_id,
      branch: row.branch,
      pruned: row.pruned,
      interrupted: row.interrupted === 1,
      ...(counts.get(row.id) ?? { walks: 0, passed: 0 }),
    }));
  }

  /** When the evidence of the run whose id begins so was deleted; undefined where it was not. */
  async prunedAt(run: string): Promise<{ readonly run: string; readonly at: number } | undefined> {
    const row = await this.#base.db
      .selectFrom('run')
      .select(['id', 'pruned'])
      .where('id', 'like', `${run.replaceAll(/[%_\\]/g, '')}%`)
      .where('pruned', 'is not', null)
      .orderBy('id')
      .limit(1)
      .executeTakeFirst();
    return row?.pruned ? { run: row.id, at: row.pruned } : undefined;
  }

  /** Ids of all runs. */
  async known(): Promise<ReadonlySet<string>> {
    const rows = await this.#base.db.selectFrom('run').select('id').execute();
    return new Set(rows.map(({ id }) => id));
  }

  /** Series of a place, as `history` lists them. */
  async series(journey?: string) {
    let query = this.#base.db.selectFrom('series').selectAll().where('step', '!=', '');
    if (journey !== undefined) query = query.where('journey', '=', journey);
    return query.orderBy('journey').orderBy('step').execute();
  }

  /** Joins the history of a renamed step to that of its new name, at every place. Resolves to how many samples were moved. */
  async move(journey: string, { from, to }: { readonly from: string; readonly to: string }): Promise<number> {
    return this.#base.db.transaction().execute(async (tx) => {
      const old = await tx
        .selectFrom('series')
        .selectAll()
        .where('journey', '=', journey)
        .where('step', '=', from)
        .execute();
      let moved = 0;
      for (const { id, ...key } of old) {
        const fresh = { ...key, step: to };
        const series = seriesId(fresh);
        await tx
          .insertInto('series')
          .values({ id: series, ...fresh })
          .onConflict((conflict) => conflict.column('id').doNothing())
          .execute();
        const done = await tx.updateTable('sample').set({ series }).where('series', '=', id).executeTakeFirst();
        moved += Number(done.numUpdatedRows);
        await tx.updateTable('metric').set({ series }).where('series', '=', id).execute();
        for (const [before, after] of await moveRolled(tx, Number(id), series))
          await tx.updateTable('episode').set({ series: after }).where('series', '=', before).execute();
        await tx.deleteFrom('series').where('id', '=', id).execute();
      }
      for (const table of ['finding', 'flagged'] as const)
        await tx.updateTable(table).set({ step: to }).where('journey', '=', journey).where('step', '=', from).execute();
      return moved;
    });
  }

  /** Made by runs that no longer live. */
  async leftBehind(now: number): Promise<readonly LeftBehind[]> {
    const rows = await this.#base.db
      .selectFrom('made')
      .leftJoin('lease', (join) => join.onRef('lease.name', '=', 'made.run').on('lease.kind', '=', 'run'))
      .select(['made.run', 'made.driver', 'made.record', 'made.environment', 'made.at', 'lease.until'])
      .where(({ eb, or }) => or([eb('lease.until', 'is', null), eb('lease.until', '<', now)]))
      .execute();
    return rows.map(({ run, driver, record, environment, at }) => ({
      run,
      driver,
      environment,
      at,
      record: JSON.parse(record) as JsonObject,
    }));
  }

  /** Runs that made things which are still there, and that live as far as one can tell. */
  async makers(now: number): Promise<readonly string[]> {
    const rows = await this.#base.db
      .selectFrom('made')
      .innerJoin('lease', (join) => join.onRef('lease.name', '=', 'made.run').on('lease.kind', '=', 'run'))
      .select('made.run')
      .distinct()
      .where('lease.until', '>=', now)
      .execute();
    return rows.map(({ run }) => run);
  }

  async forgotten({ run, driver, record }: LeftBehind): Promise<void> {
    await this.#base.db
      .deleteFrom('made')
      .where('run', '=', run)
      .where('driver', '=', driver)
      .where('record', '=', JSON.stringify(record))
      .execute();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#base[Symbol.asyncDispose]();
  }
}
