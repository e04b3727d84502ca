import { randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import { SpecError } from '../core/errors.ts';
import type { Tables } from './tables.ts';

export type Exclusion = Tables['exclusion'];
export type Pin = Tables['pin'];

/** Who says it, why, and when (epoch ms). */
export interface Said {
  readonly reason: string;
  readonly by?: string;
  readonly at: number;
}

/** What people decide about baselines. Nothing is ever deleted: what no longer holds is lifted. */
export class Baselines {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** Says of what was found worse at a journey that it is meant to be so: the new level is the normal one. Resolves to how many findings. */
  async accept(journey: string, label: string, step?: string): Promise<number> {
    return this.#db.transaction().execute(async (tx) => {
      let found = tx
        .updateTable('finding')
        .set({ label })
        .where('journey', '=', journey)
        .where('kind', '=', 'gate')
        .where('status', '=', 'regressed')
        .where('label', 'is', null);
      let series = tx.selectFrom('series').select('id').where('journey', '=', journey);
      if (step !== undefined) {
        found = found.where('step', '=', step);
        series = series.where('step', '=', step);
      }
      const episodes = await tx
        .updateTable('episode')
        .set({ label: 'expected' })
        .where('direction', '=', 'regressed')
        .where('label', 'is', null)
        .where('series', 'in', series)
        .executeTakeFirst();
      return Number((await found.executeTakeFirst()).numUpdatedRows) + Number(episodes.numUpdatedRows);
    });
  }

  /** Leaves a run out of every baseline and scan, or only its walks of one journey. Throws SpecError where its samples are gone. */
  async exclude(run: string, { reason, by, at }: Said, journey?: string): Promise<string> {
    const known = await this.#db.selectFrom('run').select(['pruned']).where('id', '=', run).executeTakeFirst();
    if (!known) throw new SpecError(`no run ${run}`, 'see `throughline history`');
    if (known.pruned !== null)
      throw new SpecError(`the samples of run ${run} were pruned`, 'what is rolled up of them cannot be parted again');
    const id = randomBytes(4).toString('hex');
    const values = { id, run, journey: journey ?? null, reason, by: by ?? null, at, lifted: null };
    await this.#db.transaction().execute(async (tx) => {
      await tx.insertInto('exclusion').values(values).execute();
      await again(tx, run);
    });
    return id;
  }

  /** Takes exclusions of a run back. Resolves to how many held. */
  async include(run: string, at: number): Promise<number> {
    return this.#db.transaction().execute(async (tx) => {
      const done = await tx
        .updateTable('exclusion')
        .set({ lifted: at })
        .where('run', '=', run)
        .where('lifted', 'is', null)
        .executeTakeFirst();
      if (done.numUpdatedRows > 0n) await again(tx, run);
      return Number(done.numUpdatedRows);
    });
  }

  /** The newest first, lifted ones too. */
  async exclusions(): Promise<readonly Exclusion[]> {
    return this.#db.selectFrom('exclusion').selectAll().orderBy('at', 'desc').orderBy('id').execute();
  }

  /** Runs that are the baseline of a journey from now on. */
  async pin(journey: string, runs: readonly string[], { reason, by, at }: Said): Promise<void> {
    const id = randomBytes(4).toString('hex');
    const values = { id, journey, runs: JSON.stringify(runs), reason, by: by ?? null, at, lifted: null };
    await this.#db.transaction().execute(async (tx) => {
      await tx
        .updateTable('pin')
        .set({ lifted: at })
        .where('journey', '=', journey)
        .where('lifted', 'is', null)
        .execute();
      await tx.insertInto('pin').values(values).execute();
    });
  }

  async unpin(journey: string, at: number): Promise<boolean> {
    const done = await this.#db
      .updateTable('pin')
      .set({ lifted: at })
      .where('journey', '=', journey)
      .where('lifted', 'is', null)
      .executeTakeFirst();
    return done.numUpdatedRows > 0n;
  }

  async pins(): Promise<readonly Pin[]> {
    return this.#db.selectFrom('pin').selectAll().orderBy('at', 'desc').orderBy('id').execute();
  }
}

/** What is excluded or taken back is rolled up anew. */
async function again(db: Kysely<Tables>, run: string): Promise<void> {
  await db
    .insertInto('unrolled')
    .values({ run })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
