import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type CompiledQuery, Kysely, PostgresDialect, sql } from 'kysely';
import { SpecError } from '../core/errors.ts';
import { makeFolder } from '../core/folder.ts';
import { migrate } from './migrations.ts';
import { Sqlite, sqliteDialect } from './sqlite.ts';
import type { Tables } from './tables.ts';
import { wayOut, wordsOf } from './trouble.ts';

/** A database behind the store: SQLite in a file, or PostgreSQL by URL; the same queries for both. */
export interface Base extends AsyncDisposable {
  readonly db: Kysely<Tables>;
  /** File or address, without a secret. */
  readonly where: string;
  /**
   * All or nothing; resolves when it is durable. The answer to a commit may be lost with the connection: the same batch under
   * the same receipt is written once, however often it is asked for.
   */
  batch(queries: readonly CompiledQuery[], receipt: string): Promise<void>;
}

/** SQLite below 3.51.3 can lose pages when two connections reset one write-ahead log. */
const least = [3, 51, 3] as const;

/** Opens store.sqlite in a folder, or PostgreSQL where a URL is given. Throws SpecError with the way out. */
export async function openBase(folder: string, url?: string): Promise<Base> {
  const base = url === undefined ? openSqlite(join(folder, 'store.sqlite')) : await openPostgres(url);
  try {
    if (url === undefined) refuseOld(await versionOf(base.db));
    await migrate(base.db, { where: base.where, postgres: url !== undefined });
    return base;
  } catch (error) {
    await Promise.resolve(base[Symbol.asyncDispose]()).catch(() => undefined);
    if (error instanceof SpecError) throw error;
    throw new SpecError(`the store ${base.where} cannot be used: ${wordsOf(error)}`, wayOut(error, base.where));
  }
}

function openSqlite(path: string): Base {
  try {
    makeFolder(dirname(path));
    accessSync(dirname(path), constants.W_OK);
    for (const file of [path, `${path}-wal`]) if (existsSync(file)) accessSync(file, constants.W_OK);
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
    where: path,
    batch: (queries) => sqlite.batch(queries.map(({ sql: text, parameters }) => ({ sql: text, parameters }))),
    [Symbol.asyncDispose]: () => sqlite[Symbol.asyncDispose](),
  };
}

async function versionOf(db: Kysely<Tables>): Promise<string> {
  const read = await sql<{ version: string }>`select sqlite_version() as version`.execute(db);
  return read.rows[0]?.version ?? '0';
}

/** Throws SpecError for an SQLite that may corrupt what two processes write. */
export function refuseOld(version: string): void {
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

/** Host, port and database of a URL: what may be shown of it. */
function shown(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname}`;
  } catch {
    return 'of DATABASE_URL';
  }
}

async function openPostgres(url: string): Promise<Base> {
  let pg: typeof import('pg');
  try {
    pg = (await import('pg')).default as unknown as typeof import('pg');
  } catch {
    throw new SpecError('DATABASE_URL names PostgreSQL, and the package pg is not installed', 'npm install pg');
  }
  if (!/^postgres(ql)?:\/\//i.test(url) || !URL.canParse(url))
    throw new SpecError(
      'DATABASE_URL is no address of a PostgreSQL',
      'postgres://user:password@host:5432/database; special characters of a password are written as %40 and so on',
    );
  const int8 = 20;
  pg.types.setTypeParser(int8, Number);
  const pool = new pg.Pool({ connectionString: url, max: 8, connectionTimeoutMillis: 10_000 });
  // A connection that the server drops, idle or in the middle of a transaction, fails the next query; the error itself has nobody to go to.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  let last: string | undefined;
  return {
    db,
    where: shown(url),
    batch: async (queries, receipt) => {
      await db.transaction().execute(async (tx) => {
        if (last !== undefined && last !== receipt) await tx.deleteFrom('receipt').where('id', '=', last).execute();
        const fresh = await tx
          .insertInto('receipt')
          .values({ id: receipt })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst();
        if (Number(fresh.numInsertedOrUpdatedRows ?? 0n) === 0) return;
        for (const query of queries) await tx.executeQuery(query);
      });
      last = receipt;
    },
    [Symbol.asyncDispose]: () => db.destroy(),
  };
}
