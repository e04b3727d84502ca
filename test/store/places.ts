import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Store } from '../../store/store.ts';
import { Postgres } from './postgres.ts';
import { runOf } from './run.ts';

/** Folders and a PostgreSQL for the tests of one file. */
export class Places implements AsyncDisposable {
  readonly #folders: string[] = [];
  readonly postgres: Postgres;

  private constructor(postgres: Postgres) {
    this.postgres = postgres;
  }

  static async open(): Promise<Places> {
    return new Places(await Postgres.start());
  }

  folder(): string {
    const made = mkdtempSync(join(tmpdir(), 'throughline-store-'));
    this.#folders.push(made);
    return made;
  }

  /** A new store on either database; both know the same. */
  async store(database: 'SQLite' | 'PostgreSQL'): Promise<Store> {
    return database === 'SQLite'
      ? Store.open(this.folder())
      : Store.open(this.folder(), await this.postgres.database());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.postgres[Symbol.asyncDispose]();
    for (const made of this.#folders) rmSync(made, { recursive: true, force: true });
  }
}

export const like = { journey: 'shop/answer', environment: 'test', location: 'here' };

export async function keep(store: Store, made: Parameters<typeof runOf>[0]): Promise<void> {
  await using ledger = store.ledger();
  for (const event of runOf(made)) ledger.on(event);
}
