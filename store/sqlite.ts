import { once } from 'node:events';
import { getCompileCacheDir } from 'node:module';
import { Worker } from 'node:worker_threads';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';

export interface Query {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}
export type Asked =
  | { readonly id: number; readonly type: 'query'; readonly query: Query }
  /** All or nothing, in one `begin immediate`. */
  | { readonly id: number; readonly type: 'batch'; readonly queries: readonly Query[] };
export type Order = Asked | { readonly type: 'open'; readonly path: string } | { readonly type: 'close' };
export interface Answer {
  readonly id: number;
  readonly result?: { readonly rows: readonly unknown[]; readonly changes: number };
  readonly error?: string;
  /** Extended result code of SQLite (sqlite.org/rescode.html). */
  readonly code?: number;
}

type Result = NonNullable<Answer['result']>;

/** A thread that starts beside whatever comes before the store; it touches no file. */
let spare: Worker | undefined;

/** Starts the thread of the store that will be opened next. */
export function warmUp(): void {
  if (spare) return;
  const worker = start();
  spare = worker;
  worker.on('error', () => undefined);
  worker.once('exit', () => {
    if (spare === worker) spare = undefined;
  });
}

function start(): Worker {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const file = new URL(`./sqlite-worker${extension}`, import.meta.url);
  // The cache is of one thread: without it this one would load a compiler of TypeScript first.
  const cached = `require('node:module').enableCompileCache(); import(${JSON.stringify(file.href)})`;
  const worker = getCompileCacheDir() === undefined ? new Worker(file) : new Worker(cached, { eval: true });
  worker.unref();
  return worker;
}

/** SQLite in a worker thread. One connection: transactions take their turn. */
export class Sqlite implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers<Result>>();
  #count = 0;
  #turn: Promise<void> = Promise.resolve();
  #dead: Error | undefined;

  constructor(path: string) {
    this.#worker = spare ?? start();
    spare = undefined;
    this.#worker.postMessage({ type: 'open', path } satisfies Order);
    this.#worker.on('message', ({ id, result, error, code }: Answer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) this.#worker.unref();
      if (error === undefined) waiting?.resolve(result ?? { rows: [], changes: 0 });
      else waiting?.reject(Object.assign(new Error(error), { errcode: code }));
    });
    this.#worker.on('error', (error) => this.#die(error instanceof Error ? error : new Error(String(error))));
    this.#worker.on('exit', () => this.#die(new Error('the store is closed')));
  }

  #die(error: Error): void {
    this.#dead ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(this.#dead);
    this.#waiting.clear();
  }

  #ask(asked: { type: 'query'; query: Query } | { type: 'batch'; queries: readonly Query[] }): Promise<Result> {
    if (this.#dead) return Promise.reject(this.#dead);
    this.#count += 1;
    const waiting = Promise.withResolvers<Result>();
    this.#waiting.set(this.#count, waiting);
    this.#worker.ref();
    this.#worker.postMessage({ id: this.#count, ...asked });
    return waiting.promise;
  }

  query(query: Query): Promise<Result> {
    return this.#ask({ type: 'query', query });
  }

  /** Waits until no transaction is open; resolves when the batch is on the disk. */
  async batch(queries: readonly Query[]): Promise<void> {
    const release = await this.take();
    try {
      await this.#ask({ type: 'batch', queries });
    } finally {
      release();
    }
  }

  /** The connection, for one user at a time. */
  async take(): Promise<() => void> {
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    await before;
    return resolve;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#dead) return;
    const gone = once(this.#worker, 'exit');
    this.#worker.ref();
    this.#worker.postMessage({ type: 'close' });
    await gone;
  }
}

/** Kysely over the worker. Kysely's own `begin` would upgrade a read to a write too late: every transaction here begins immediately. */
export function sqliteDialect(sqlite: Sqlite): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createDriver: (): Driver => {
      const releases = new WeakMap<DatabaseConnection, () => void>();
      const say = (text: string) => sqlite.query({ sql: text, parameters: [] });
      return {
        init: async () => undefined,
        acquireConnection: async () => {
          const release = await sqlite.take();
          const connection: DatabaseConnection = {
            executeQuery: async <R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> => {
              const { rows, changes } = await sqlite.query({ sql, parameters });
              return { rows: rows as R[], numAffectedRows: BigInt(changes) };
            },
            streamQuery: () => {
              throw new Error('the store does not stream');
            },
          };
          releases.set(connection, release);
          return connection;
        },
        releaseConnection: async (connection) => releases.get(connection)?.(),
        beginTransaction: async () => void (await say('begin immediate')),
        commitTransaction: async () => void (await say('commit')),
        rollbackTransaction: async () => void (await say('rollback')),
        destroy: async () => sqlite[Symbol.asyncDispose](),
      };
    },
  };
}
