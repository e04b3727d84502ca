import type { Change } from '../core/event.ts';
import type { JsonObject } from '../core/json.ts';
import { type Base, openBase } from './base.ts';
import { Episodes } from './episodes.ts';
import { holder, isGone } from './holder.ts';
import { Ledger, seriesId } from './ledger.ts';
import { Past } from './past.ts';

export interface RunRow {
  readonly id: string;
  readonly at: number;
  readonly environment: string;
  readonly status: string | null;
  readonly ms: number | null;
  readonly commit: string | null;
  readonly passed: number;
  readonly walks: number;
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
  readonly #base: Base;
  readonly #holder = holder(Math.random().toString(36).slice(2));
  readonly #folder: string;

  private constructor(base: Base, folder: string) {
    this.#base = base;
    this.#folder = folder;
    this.history = new Past(base.db);
    this.episodes = new Episodes(base.db);
  }

  /** SQLite in the folder, or PostgreSQL by URL; evidence and event streams lie in the folder either way. */
  static async open(folder: string, url?: string): Promise<Store> {
    return new Store(await openBase(folder, url), folder);
  }

  /** Writes down one run. */
  ledger(): Ledger {
    return new Ledger(this.#base, this.#folder);
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

  async runs(last: number, journey?: string): Promise<readonly RunRow[]> {
    let query = this.#base.db
      .selectFrom('run')
      .leftJoin('walk', 'walk.run', 'run.id')
      .select(['run.id', 'run.at', 'run.environment', 'run.status', 'run.ms', 'run.commit_id as commit'])
      .select(({ fn, eb }) => [
        fn.count<number>('walk.id').as('walks'),
        fn.sum<number | null>(eb.case().when('walk.status', '=', 'passed').then(1).else(0).end()).as('passed'),
      ])
      .groupBy(['run.id', 'run.at', 'run.environment', 'run.status', 'run.ms', 'run.commit_id'])
      .orderBy('run.at', 'desc')
      .limit(last);
    if (journey !== undefined) query = query.where('walk.journey', '=', journey);
    const rows = await query.execute();
    return rows.reverse().map((row) => ({ ...row, walks: Number(row.walks), passed: Number(row.passed ?? 0) }));
  }

  /** Ids of all runs. */
  async known(): Promise<ReadonlySet<string>> {
    const rows = await this.#base.db.selectFrom('run').select('id').execute();
    return new Set(rows.map(({ id }) => id));
  }

  /** Series of a place, as `history` lists them. */
  async series(journey?: string) {
    let query = this.#base.db.selectFrom('series').selectAll();
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
        await tx.updateTable('episode').set({ series }).where('series', '=', id).execute();
        await tx.deleteFrom('series').where('id', '=', id).execute();
      }
      await tx
        .updateTable('finding')
        .set({ step: to })
        .where('journey', '=', journey)
        .where('step', '=', from)
        .execute();
      return moved;
    });
  }

  /** Changes what is said of a marker; false when there is none. */
  async remark(
    id: string,
    to: Partial<Omit<Change, 'scope'>> & { readonly scope?: readonly string[] },
  ): Promise<boolean> {
    const { scope, ...rest } = to;
    const { numUpdatedRows } = await this.#base.db
      .updateTable('change')
      .set({ ...rest, ...(scope ? { scope: scope.join(',') } : {}) })
      .where('id', '=', id)
      .executeTakeFirst();
    return Number(numUpdatedRows) > 0;
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

  /** Says of what the gate found worse at a journey that it is meant to be so: its runs count as baseline again. Resolves to how many findings. */
  async accept(journey: string, label: string, step?: string): Promise<number> {
    let query = this.#base.db
      .updateTable('finding')
      .set({ label })
      .where('journey', '=', journey)
      .where('kind', '=', 'gate')
      .where('status', '=', 'regressed')
      .where('label', 'is', null);
    if (step !== undefined) query = query.where('step', '=', step);
    return Number((await query.executeTakeFirst()).numUpdatedRows);
  }

  async mark(id: string, change: Change & { readonly rollsBack?: string }): Promise<void> {
    const { name, at, until = null, by = null, scope = [], rollsBack = null } = change;
    await this.#base.db
      .insertInto('change')
      .values({ id, name, at, until, by, scope: scope.join(','), rolls_back: rollsBack })
      .execute();
  }

  async marks() {
    return this.#base.db.selectFrom('change').selectAll().orderBy('at').execute();
  }

  /** True when there was one. */
  async unmark(id: string): Promise<boolean> {
    const { numDeletedRows } = await this.#base.db.deleteFrom('change').where('id', '=', id).executeTakeFirst();
    return numDeletedRows > 0n;
  }

  /** Deletes runs from before then with all that hangs on them; resolves to their ids. */
  async prune(before: number): Promise<readonly string[]> {
    return this.#base.db.transaction().execute(async (tx) => {
      const old = (await tx.selectFrom('run').select('id').where('at', '<', before).execute()).map(({ id }) => id);
      for (let from = 0; from < old.length; from += 500) {
        const some = old.slice(from, from + 500);
        const walks = tx.selectFrom('walk').select('id').where('run', 'in', some);
        await tx.deleteFrom('artefact').where('walk', 'in', walks).execute();
        for (const table of ['sample', 'metric', 'finding', 'walk'] as const)
          await tx.deleteFrom(table).where('run', 'in', some).execute();
        await tx.deleteFrom('run').where('id', 'in', some).execute();
      }
      return old;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#base[Symbol.asyncDispose]();
  }
}
