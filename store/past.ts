import type { Kysely } from 'kysely';
import type { Change } from '../core/event.ts';
import type { History, Like, Sample, Window } from '../core/history.ts';
import type { Status } from '../core/verdict.ts';
import { judgeable } from './judgeable.ts';
import { seriesId, variantKey } from './key.ts';
import { figuresOf, type Quality, qualitiesOf, shownBy } from './qualities.ts';
import type { Tables } from './tables.ts';
import { notFlagged, outsideEpisodes } from './unflagged.ts';

/** SQLite takes 32,766 parameters; a window of runs to leave out never comes near. */
export class Past implements History {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async steps(like: Like): Promise<readonly string[]> {
    let query = this.#db
      .selectFrom('series')
      .select('step')
      .distinct()
      .where('step', '!=', '')
      .where('journey', '=', like.journey)
      .where('environment', '=', like.environment)
      .where('location', '=', like.location)
      .where('variant', '=', variantKey(like.variant));
    if (like.trigger !== undefined) query = query.where('trigger', '=', like.trigger);
    return (await query.orderBy('step').execute()).map(({ step }) => step);
  }

  #ids(like: Like, step: string): number[] {
    const { journey, environment, location } = like;
    const triggers = like.trigger === undefined ? ['manual', 'ci', 'canary', 'load'] : [like.trigger];
    const variant = variantKey(like.variant);
    return triggers.map((trigger) => seriesId({ journey, step, environment, location, trigger, variant }));
  }

  async samples(like: Like, step: string, window: Window): Promise<readonly Sample[]> {
    let query = this.#db
      .selectFrom('sample')
      .innerJoin('walk', 'walk.id', 'sample.walk')
      .innerJoin('run', 'run.id', 'sample.run')
      .select(['sample.walk', 'sample.run', 'sample.at', 'sample.status', 'sample.ms', 'run.batch', 'run.commit_id'])
      .where('sample.series', 'in', this.#ids(like, step))
      .where(judgeable);
    if (window.from !== undefined) query = query.where('sample.at', '>=', window.from);
    if (window.to !== undefined) query = query.where('sample.at', '<', window.to);
    if (window.without && window.without.length > 0) query = query.where('sample.run', 'not in', [...window.without]);
    if (window.runs) query = query.where('sample.run', 'in', [...window.runs]);
    if (window.branch !== undefined) query = query.where('run.branch', '=', window.branch);
    if (!window.flagged)
      query = query.where(notFlagged(like.journey, step)).where(outsideEpisodes(this.#ids(like, step), 'sample.at'));
    query = query.orderBy('sample.at', 'desc').orderBy('sample.walk', 'desc');
    if (window.last !== undefined) query = query.limit(window.last);
    const rows = await query.execute();
    return rows.reverse().map(({ walk, run, at, status, ms, batch, commit_id: commit }) => ({
      walk,
      run,
      at,
      batch,
      status: status as Status,
      ...(ms === null ? {} : { ms }),
      ...(commit === null ? {} : { commit }),
    }));
  }

  async pinned(journey: string): Promise<readonly string[] | undefined> {
    const pin = await this.#db
      .selectFrom('pin')
      .select('runs')
      .where('journey', '=', journey)
      .where('lifted', 'is', null)
      .orderBy('at', 'desc')
      .limit(1)
      .executeTakeFirst();
    return pin && (JSON.parse(pin.runs) as string[]);
  }

  metrics(like: Like, step: string, metric: string, window: Window) {
    return figuresOf(this.#db, { ids: this.#ids(like, step), journey: like.journey, step, metric }, window);
  }

  shown(journey: string) {
    return shownBy(this.#db, journey);
  }

  /** All that is remembered of one series since then, oldest first: broken and partial walks left out, whatever was found of them kept. */
  async course(series: number, from: number) {
    return this.#db
      .selectFrom('sample')
      .innerJoin('walk', 'walk.id', 'sample.walk')
      .innerJoin('run', 'run.id', 'sample.run')
      .select(['sample.at', 'sample.ms', 'sample.status', 'run.batch', 'sample.run', 'sample.walk', 'run.commit_id'])
      .where('sample.series', '=', series)
      .where('sample.at', '>=', from)
      .where(judgeable)
      .orderBy('sample.at')
      .orderBy('sample.walk')
      .execute();
  }

  /** What steps and calls showed of their quality. */
  qualities(of: { readonly from: number; readonly journey?: string }): Promise<readonly Quality[]> {
    return qualitiesOf(this.#db, of);
  }

  /** Markers that people set, and each commit from the first run that carried it. */
  async changes({ from = 0, to = Number.MAX_SAFE_INTEGER }: Window): Promise<readonly Change[]> {
    const set = await this.#db.selectFrom('change').selectAll().where('at', '>=', from).where('at', '<', to).execute();
    const commits = await this.#db
      .selectFrom('run')
      .select(['commit_id', 'subject'])
      .select(({ fn }) => fn.min<number>('at').as('first'))
      .where('commit_id', 'is not', null)
      .groupBy(['commit_id', 'subject'])
      .having(({ fn }) => fn.min('at'), '>=', from)
      .having(({ fn }) => fn.min('at'), '<', to)
      .execute();
    const told: Change[] = set.map(({ name, at, until, by, scope }) => ({
      name,
      at,
      ...(until === null ? {} : { until }),
      ...(by === null ? {} : { by }),
      ...(scope === '' ? {} : { scope: scope.split(',') }),
    }));
    for (const { commit_id: commit, subject, first } of commits)
      told.push({ name: `commit ${commit?.slice(0, 7)}${subject ? ` “${subject}”` : ''}`, at: Number(first) });
    return told.sort((a, b) => a.at - b.at);
  }

  async looked(runs: readonly string[]): Promise<boolean> {
    if (runs.length === 0) return false;
    const query = this.#db
      .selectFrom('finding')
      .select('run')
      .where('kind', '=', 'gate')
      .where('run', 'in', [...runs]);
    return (await query.limit(1).executeTakeFirst()) !== undefined;
  }

  async lastGood(like: Like, step: string, before: number) {
    return this.#db
      .selectFrom('sample')
      .select(['run', 'at'])
      .where('series', 'in', this.#ids(like, step))
      .where('status', '=', 'passed')
      .where('at', '<', before)
      .orderBy('at', 'desc')
      .limit(1)
      .executeTakeFirst();
  }
}
