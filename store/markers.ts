import type { Kysely } from 'kysely';
import type { Change } from '../core/event.ts';
import type { Tables } from './tables.ts';

export type Marker = Tables['change'];

export interface Marking extends Change {
  /** Id of the marker that it takes back. */
  readonly rollsBack?: string;
  /** Its name where it comes from: a release, a ticket, a commit. */
  readonly external?: string;
}

/** Changes of the system that people or pipelines marked. */
export class Markers {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async add(id: string, change: Marking): Promise<void> {
    const { name, at, until = null, by = null, scope = [], rollsBack = null, external = null } = change;
    await this.#db
      .insertInto('change')
      .values({ id, name, at, until, by, scope: scope.join(','), rolls_back: rollsBack, external })
      .execute();
  }

  /** Oldest first. */
  async all(): Promise<readonly Marker[]> {
    return this.#db.selectFrom('change').selectAll().orderBy('at').orderBy('id').execute();
  }

  /** Changes what is said of a marker; false when there is none. */
  async change(id: string, { scope, rollsBack, ...rest }: Partial<Marking>): Promise<boolean> {
    const set = {
      ...rest,
      ...(scope ? { scope: scope.join(',') } : {}),
      ...(rollsBack === undefined ? {} : { rolls_back: rollsBack }),
    };
    const { numUpdatedRows } = await this.#db.updateTable('change').set(set).where('id', '=', id).executeTakeFirst();
    return Number(numUpdatedRows) > 0;
  }

  /** True when there was one. */
  async remove(id: string): Promise<boolean> {
    const { numDeletedRows } = await this.#db.deleteFrom('change').where('id', '=', id).executeTakeFirst();
    return numDeletedRows > 0n;
  }
}
