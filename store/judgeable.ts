import type { ExpressionBuilder } from 'kysely';
import type { Tables } from './tables.ts';

/** Walks that verdicts rest on: not broken, of runs that came to their own end and that nobody left out of history. */
export const judgeable = (eb: ExpressionBuilder<Tables, 'walk' | 'run'>) =>
  eb.and([
    eb('walk.status', '!=', 'broken'),
    eb('run.status', 'is not', null),
    eb('run.interrupted', '=', 0),
    eb.not(excluded(eb)),
  ]);

const excluded = ({ exists, selectFrom }: ExpressionBuilder<Tables, 'walk'>) =>
  exists(
    selectFrom('exclusion')
      .select('exclusion.id')
      .whereRef('exclusion.run', '=', 'walk.run')
      .where('exclusion.lifted', 'is', null)
      .where(({ eb, or, ref }) =>
        or([eb('exclusion.journey', 'is', null), eb('exclusion.journey', '=', ref('walk.journey'))]),
      ),
  );
