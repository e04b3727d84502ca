import { type ExpressionBuilder, sql } from 'kysely';
import type { Tables } from './tables.ts';

type OfWalk = ExpressionBuilder<Tables, 'walk'>;

/** Nothing that a gate found worse: until people say that it is to be so, or never was. */
export const notFlagged =
  (journey: string, step: string) =>
  ({ not, exists, selectFrom }: OfWalk) =>
    not(
      exists(
        selectFrom('flagged')
          .innerJoin('finding', (join) =>
            join
              .onRef('finding.run', '=', 'flagged.finding_run')
              .onRef('finding.seq', '=', 'flagged.finding_seq')
              .on('finding.label', 'is', null),
          )
          .select('flagged.run')
          .whereRef('flagged.run', '=', 'walk.run')
          .where('flagged.journey', '=', journey)
          .where('flagged.step', '=', step),
      ),
    );

/** Outside of what a judge found worse of these series over time, and nobody accepted. `at` is the column of the sample's time. */
export const outsideEpisodes =
  (series: readonly number[], at: 'sample.at' | 'metric.at') =>
  ({ not, exists, selectFrom }: OfWalk) => {
    const time = sql<number>`${sql.ref(at)}`;
    return not(
      exists(
        selectFrom('episode')
          .select('episode.id')
          .where('episode.series', 'in', [...series])
          .where('episode.at', '<=', time)
          .where('episode.direction', '=', 'regressed')
          .where(({ eb, or }) => or([eb('episode.closed', 'is', null), eb('episode.closed', '>', time)]))
          .where(({ eb, or }) => or([eb('episode.label', 'is', null), eb('episode.label', '=', 'true')])),
      ),
    );
  };
