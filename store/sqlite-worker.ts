import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { parentPort } from 'node:worker_threads';
import type { Answer, Asked, Order } from './sqlite.ts';

/** The only thread that touches the file: a checkpoint must not become jitter in a call (docs/decisions/0006). */
let database: DatabaseSync;

function open(path: string): void {
  database = new DatabaseSync(path, { timeout: 10_000 });
  for (const pragma of [
    'journal_mode=WAL',
    'synchronous=FULL',
    'foreign_keys=ON',
    'journal_size_limit=67108864',
    'cache_size=-64000',
  ])
    database.exec(`pragma ${pragma}`);
}

const statements = new Map<string, StatementSync>();
const most = 200;

function prepared(text: string): StatementSync {
  const known = statements.get(text);
  if (known) return known;
  if (statements.size >= most) statements.clear();
  const made = database.prepare(text);
  statements.set(text, made);
  return made;
}

function run(text: string, values: readonly unknown[]): Answer['result'] {
  const statement = prepared(text);
  const inputs = values as SQLInputValue[];
  if (statement.columns().length > 0) return { rows: statement.all(...inputs).map((row) => ({ ...row })), changes: 0 };
  const { changes } = statement.run(...inputs);
  return { rows: [], changes: Number(changes) };
}

function answer(asked: Asked): Answer['result'] {
  if (asked.type === 'query') return run(asked.query.sql, asked.query.parameters);
  database.exec('begin immediate');
  try {
    for (const { sql, parameters } of asked.queries) run(sql, parameters);
    database.exec('commit');
  } catch (error) {
    // A full disk rolls back by itself.
    if (database.isTransaction) database.exec('rollback');
    throw error;
  }
  return { rows: [], changes: 0 };
}

parentPort?.on('message', (asked: Order) => {
  if (asked.type === 'open') {
    open(asked.path);
    return;
  }
  if (asked.type === 'close') {
    statements.clear();
    database.close();
    parentPort?.close();
    return;
  }
  try {
    parentPort?.postMessage({ id: asked.id, result: answer(asked) } satisfies Answer);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const code = (error as { errcode?: number }).errcode;
    parentPort?.postMessage({ id: asked.id, error: message, ...(code === undefined ? {} : { code }) } satisfies Answer);
  }
});
