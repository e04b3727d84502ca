import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type CompiledQuery, Kysely, PostgresDialect, sql } from 'kysely';
import { SpecError } from '../core/errors.ts';
import { makeFolder } from '../core/folder.ts';
import { migrate } from './migrations.ts';
import { Sqlite, sqliteDialect } from './sqlite.ts';
import type { Tables } from './tables.ts';

/** A database behind the store: SQLite in a file, or PostgreSQL by URL; the same queries for both. */
export interface Base extends AsyncDisposable {
  readonly db: Kysely<Tables>;
  /** All or nothing; resolves when it is durable. */
  batch(queries: readonly CompiledQuery[]): Promise<void>;
}

/** SQLite below 3.51.3 can lose pages when two connections reset one write-ahead log. */
const least = [3, 51, 3] as const;

/** Opens store.sqlite in a folder, or PostgreSQL where a URL is given. Throws SpecError with the way out. */
export async function openBase(folder: string, url?: string): Promise<Base> {
  const where = url === undefined ? join(folder, 'store.sqlite') : hidden(url);
  const base = url === undefined ? openSqlite(where) : await openPostgres(url);
  try {
    if (url === undefined) await refuseOld(base.db);
    await migrate(base.db, where);
    return base;
  } catch (error) {
    await Promise.resolve(base[Symbol.asyncDispose]()).catch(() => undefined);
    if (error instanceof SpecError) throw error;
    throw new SpecError(`the store ${where} cannot be used: ${wordsOf(error)}`, wayOut(wordsOf(error), where));
  }
}

const wordsOf = (error: unknown) => (error instanceof Error ? error.message || error.name : String(error));

function wayOut(said: string, where: string): string {
  if (/readonly|read-only/i.test(said))
    return 'make the folder writable, or name another under `store` in the configuration';
  if (/full/i.test(said)) return 'make room on the disk; nothing was lost that was acknowledged';
  if (/not a database|malformed|corrupt/i.test(said))
    return `move it away (mv ${where} ${where}.broken); a new one is made`;
  return 'see that the database is up and may be written to; DATABASE_URL chooses PostgreSQL, without it a file is used';
}

const hidden = (url: string) => url.replace(/\/\/[^@/]*@/, '//');

function openSqlite(path: string): Base {
  try {
    makeFolder(dirname(path));
    if (existsSync(path)) accessSync(path, constants.W_OK);
  } catch (error) {
    throw new SpecError(
      `the store ${path} cannot be written: ${wordsOf(error)}`,
      'make the folder writable, or name another under `store` in the configuration',
    );
  }
  const sqlite = new Sqlite(path);
  const db = new Kysely<Tables>({ dialect: sqliteDialect(sqlite) });
  return {
    db,
    batch: (queries) => sqlite.batch(queries.map(({ sql: text, parameters }) => ({ sql: text, parameters }))),
    [Symbol.asyncDispose]: () => sqlite[Symbol.asyncDispose](),
  };
}

async function refuseOld(db: Kysely<Tables>): Promise<void> {
  const read = await sql<{ version: string }>`select sqlite_version() as version`.execute(db);
  const version = read.rows[0]?.version ?? '0';
  const parts = version.split('.').map(Number);
  for (const [n, floor] of least.entries()) {
    if ((parts[n] ?? 0) > floor) return;
    if ((parts[n] ?? 0) < floor)
      throw new SpecError(
        `this Node carries SQLite ${version}, which can corrupt a store that two processes write`,
        `use a Node with SQLite ${least.join('.')} or later: npm install --save-dev node@24`,
      );
  }
}

async function openPostgres(url: string): Promise<Base> {
  let pg: typeof import('pg');
  try {
    pg = (await import('pg')).default as unknown as typeof import('pg');
  } catch {
    throw new SpecError('DATABASE_URL names PostgreSQL, and the package pg is not installed', 'npm install pg');
  }
  const int8 = 20;
  pg.types.setTypeParser(int8, Number);
  const pool = new pg.Pool({ connectionString: url, max: 8 });
  // An idle connection that the server drops is replaced at its next use.
  pool.on('error', () => undefined);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return {
    db,
    batch: (queries) =>
      db.transaction().execute(async (tx) => {
        for (const query of queries) await tx.executeQuery(query);
      }),
    [Symbol.asyncDispose]: () => db.destroy(),
  };
}
