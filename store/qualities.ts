import type { Kysely } from 'kysely';
import type { Figure, Window } from '../core/history.ts';
import { judgeable } from './judgeable.ts';
import { metricId } from './key.ts';
import type { Tables } from './tables.ts';
import { notFlagged, outsideEpisodes } from './unflagged.ts';

/** A figure of which more is better (MOS, the score of a match), as one step or actor showed it walk by walk. */
export interface Quality {
  readonly id: number;
  readonly journey: string;
  /** Empty for what a session showed at its end. */
  readonly step: string;
  readonly place: Pick<Tables['series'], 'environment' | 'location' | 'trigger' | 'variant'>;
  readonly name: string;
  readonly unit: string;
  /** Oldest first, one of each walk: the last that it noted. */
  readonly samples: readonly { readonly at: number; readonly value: number }[];
}

/** Qualities since then (epoch ms): complete runs only, without broken walks and runs that people left out. */
export async function qualitiesOf(
  db: Kysely<Tables>,
  { from, journey }: { readonly from: number; readonly journey?: string },
): Promise<readonly Quality[]> {
  let query = db
    .selectFrom('metric')
    .innerJoin('series', 'series.id', 'metric.series')
    .innerJoin('walk', 'walk.id', 'metric.walk')
    .innerJoin('run', 'run.id', 'metric.run')
    .selectAll('series')
    .select(['metric.at', 'metric.walk', 'metric.name', 'metric.unit', 'metric.value'])
    .where('metric.better', '=', 'higher')
    .where('metric.at', '>=', from)
    .where(judgeable);
  if (journey !== undefined) query = query.where('series.journey', '=', journey);
  const rows = await query.orderBy('metric.at').orderBy('metric.walk').execute();
  const bySeries = Map.groupBy(rows, ({ id, name }) => `${id} ${name}`);
  return [...bySeries.values()].flatMap((some) => {
    const [first] = some;
    if (!first) return [];
    const last = new Map(some.map((row) => [row.walk, row]));
    const samples = [...last.values()].map(({ at, value }) => ({ at: Number(at), value }));
    return qualityOf({ ...first, id: metricId(Number(first.id), first.name), samples });
  });
}

type Flat = Omit<Quality, 'place'> & Quality['place'];

export const qualityOf = ({ id, journey, step, name, unit, samples, ...place }: Flat): Quality => ({
  id,
  journey,
  step,
  name,
  unit,
  samples,
  place: {
    environment: place.environment,
    location: place.location,
    trigger: place.trigger,
    variant: place.variant,
  },
});

/** Which figures the walks of a journey showed, at each place: those of which samples are kept. */
export async function shownBy(db: Kysely<Tables>, journey: string) {
  const rows = await db
    .selectFrom('metric')
    .innerJoin('series', 'series.id', 'metric.series')
    .selectAll('series')
    .select(['metric.name', 'metric.unit', 'metric.better'])
    .distinct()
    .where('series.journey', '=', journey)
    .orderBy('series.step')
    .orderBy('metric.name')
    .execute();
  return rows.map(({ id, ...row }) => ({ ...row, id: metricId(Number(id), row.name) }));
}

/** One figure of complete walks, oldest first, the last that each noted; what is left out is as with samples. */
export async function figuresOf(
  db: Kysely<Tables>,
  of: { readonly ids: readonly number[]; readonly journey: string; readonly step: string; readonly metric: string },
  window: Window,
): Promise<readonly Figure[]> {
  let query = db
    .selectFrom('metric')
    .innerJoin('walk', 'walk.id', 'metric.walk')
    .innerJoin('run', 'run.id', 'metric.run')
    .select(['metric.walk', 'metric.run', 'metric.at', 'metric.value', 'run.batch'])
    .select(({ fn }) =>
      fn
        .agg<number>('row_number')
        .over((over) => over.partitionBy('metric.walk').orderBy('metric.at', 'desc'))
        .as('nth'),
    )
    .where('metric.series', 'in', [...of.ids])
    .where('metric.name', '=', of.metric)
    .where(judgeable);
  if (window.from !== undefined) query = query.where('metric.at', '>=', window.from);
  if (window.to !== undefined) query = query.where('metric.at', '<', window.to);
  if (window.without && window.without.length > 0) query = query.where('metric.run', 'not in', [...window.without]);
  if (window.runs) query = query.where('metric.run', 'in', [...window.runs]);
  if (window.branch !== undefined) query = query.where('run.branch', '=', window.branch);
  if (!window.flagged) {
    const ids = of.ids.map((id) => metricId(id, of.metric));
    query = query.where(notFlagged(of.journey, of.step)).where(outsideEpisodes(ids, 'metric.at'));
  }
  let newest = db.selectFrom(query.as('noted')).selectAll().where('nth', '=', 1).orderBy('at', 'desc');
  if (window.last !== undefined) newest = newest.limit(window.last);
  const rows = await newest.execute();
  return rows.reverse().map(({ walk, run, at, value, batch }) => ({ walk, run, at: Number(at), value, batch }));
}
