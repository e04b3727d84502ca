import type { Kysely } from 'kysely';
import { hour } from './counted.ts';
import { day, type Rollups } from './rollups.ts';
import type { Tables } from './tables.ts';

/** Days that things are kept: raw samples and evidence, runs and walks, hours, days. */
export interface Keep {
  readonly raw: number;
  readonly runs: number;
  readonly hours: number;
  readonly days: number;
}

/** Raw: 28 days of season, 14 of level and 72 hours of looks. */
export const usualKeep: Keep = { raw: 45, runs: 395, hours: 395, days: 760 };

export interface Pruned {
  readonly samples: number;
  /** Runs whose evidence was deleted. */
  readonly evidence: readonly string[];
  /** Runs of which nothing is left but hours and days. */
  readonly forgotten: number;
}

/** Runs in one transaction: writers wait for no longer than that. */
const atOnce = 500;

/** Deletes what is older than it is to be kept, after it was rolled up. `remove` deletes a run's evidence on the disk; it may be asked twice. */
export class Retention {
  readonly #db: Kysely<Tables>;
  readonly #rollups: Rollups;

  constructor(db: Kysely<Tables>, rollups: Rollups) {
    this.#db = db;
    this.#rollups = rollups;
  }

  async prune(
    now: number,
    { keep, remove }: { readonly keep: Keep; readonly remove: (run: string) => void },
  ): Promise<Pruned> {
    await this.#rollups.roll();
    const before = now - keep.raw * day;
    const raw = keep.raw === 0 ? now - (now % hour) + hour : before - (before % day);
    await this.#rollups.giveUp(raw);
    const samples = await this.#samples(raw);
    const evidence = await this.#evidence(raw, { now, remove });
    const forgotten = await this.forget(now - keep.runs * day);
    for (const [grain, days] of [
      ['h', keep.hours],
      ['d', keep.days],
    ] as const)
      await this.#db
        .deleteFrom('rollup')
        .where('grain', '=', grain)
        .where('at', '<', now - days * day)
        .execute();
    return { samples, evidence, forgotten: forgotten.length };
  }

  /** Series by series; what is not rolled up yet stays. */
  async #samples(before: number): Promise<number> {
    let gone = 0;
    for (const { id } of await this.#db.selectFrom('series').select('id').execute())
      for (const table of ['sample', 'metric'] as const) {
        const done = await this.#db
          .deleteFrom(table)
          .where('series', '=', id)
          .where('at', '<', before)
          .where('run', 'not in', this.#db.selectFrom('unrolled').select('run'))
          .executeTakeFirst();
        if (table === 'sample') gone += Number(done.numDeletedRows);
      }
    return gone;
  }

  async #evidence(
    before: number,
    { now, remove }: { readonly now: number; readonly remove: (run: string) => void },
  ): Promise<readonly string[]> {
    const all: string[] = [];
    for (;;) {
      const some = await this.#ids(before, true);
      if (some.length === 0) return all;
      for (const run of some) remove(run);
      await this.#db.transaction().execute(async (tx) => {
        const walks = tx.selectFrom('walk').select('id').where('run', 'in', some);
        await tx.deleteFrom('artefact').where('walk', 'in', walks).execute();
        await tx.updateTable('run').set({ pruned: now }).where('id', 'in', some).execute();
      });
      all.push(...some);
    }
  }

  /** Deletes runs from before then with all that hangs on them but hours and days; resolves to their ids. */
  async forget(before: number): Promise<readonly string[]> {
    const all: string[] = [];
    for (;;) {
      const some = await this.#ids(before, false);
      if (some.length === 0) return all;
      await this.#delete(some);
      all.push(...some);
    }
  }

  /** Makes way for a run that is to be written with so many walks; false where it is there with all of them. */
  async clear(run: string, walks: number): Promise<boolean> {
    const known = await this.#db
      .selectFrom('run')
      .select(['status', 'pruned'])
      .where('id', '=', run)
      .executeTakeFirst();
    if (!known) return true;
    const counted = await this.#db
      .selectFrom('walk')
      .select(({ fn }) => fn.countAll<number>().as('n'))
      .where('run', '=', run)
      .executeTakeFirst();
    if (known.pruned !== null || (known.status !== null && Number(counted?.n ?? 0) >= walks)) return false;
    await this.#delete([run]);
    return true;
  }

  async #delete(runs: readonly string[]): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      const walks = tx.selectFrom('walk').select('id').where('run', 'in', runs);
      for (const table of ['artefact', 'attempt', 'step'] as const)
        await tx.deleteFrom(table).where('walk', 'in', walks).execute();
      for (const table of ['sample', 'metric', 'finding', 'flagged', 'exclusion', 'unrolled', 'walk'] as const)
        await tx.deleteFrom(table).where('run', 'in', runs).execute();
      await tx.deleteFrom('run').where('id', 'in', runs).execute();
    });
  }

  async #ids(before: number, whole: boolean): Promise<string[]> {
    let query = this.#db.selectFrom('run').select('id').where('at', '<', before).orderBy('at').limit(atOnce);
    if (whole) query = query.where('pruned', 'is', null);
    return (await query.execute()).map(({ id }) => id);
  }
}
