import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

export type Episode = Tables['episode'];
export type Verdict = Tables['verdict'];

export const labels = ['true', 'false', 'expected', 'dismissed'] as const;
export type Label = (typeof labels)[number];

/** What the judges have said of the whole memory, and what people made of it. */
export class Episodes {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  /** The newest first. */
  async all(): Promise<readonly Episode[]> {
    return this.#db.selectFrom('episode').selectAll().orderBy('opened', 'desc').orderBy('id').execute();
  }

  async open(): Promise<readonly Episode[]> {
    return this.#db.selectFrom('episode').selectAll().where('closed', 'is', null).execute();
  }

  async begin(episode: Episode): Promise<void> {
    await this.#db.insertInto('episode').values(episode).execute();
  }

  async change(id: string, to: Partial<Pick<Episode, 'closed' | 'ratio' | 'sentence'>>): Promise<void> {
    await this.#db.updateTable('episode').set(to).where('id', '=', id).execute();
  }

  /** True when there is one whose id begins so. */
  async label(id: string, label: Label): Promise<boolean> {
    const done = await this.#db
      .updateTable('episode')
      .set({ label })
      .where('id', 'like', `${id.replaceAll(/[%_]/g, '')}%`)
      .executeTakeFirst();
    return Number(done.numUpdatedRows) > 0;
  }

  /** Appends; nothing here is ever changed. */
  async record(verdicts: readonly Verdict[]): Promise<void> {
    for (let from = 0; from < verdicts.length; from += 200)
      await this.#db
        .insertInto('verdict')
        .values(verdicts.slice(from, from + 200).map((verdict) => ({ ...verdict })))
        .execute();
  }
}
