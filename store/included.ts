import type { ExpressionBuilder } from 'kysely';
import type { Tables } from './tables.ts';

/** Walks of runs that people left out of history are in none, nor is what they showed. */
export const included = ({ not, exists, selectFrom }: ExpressionBuilder<Tables, 'walk'>) =>
  not(
    exists(
      selectFrom('exclusion')
        .select('exclusion.id')
        .whereRef('exclusion.run', '=', 'walk.run')
        .where('exclusion.lifted', 'is', null)
        .where(({ eb, or, ref }) =>
          or([eb('exclusion.journey', 'is', null), eb('exclusion.journey', '=', ref('walk.journey'))]),
        ),
    ),
  );
