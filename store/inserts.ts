import { CompiledQuery, type Kysely } from 'kysely';
import type { Tables } from './tables.ts';

type Table = 'series' | 'walk' | 'attempt' | 'step' | 'sample' | 'metric' | 'artefact';

/** Every column of what a walk is written in, in the order in which values are handed over. */
const columns: { readonly [T in Table]: readonly (keyof Tables[T])[] } = {
  series: ['id', 'journey', 'step', 'environment', 'location', 'trigger', 'variant'],
  walk: [
    'id',
    'run',
    'journey',
    'title',
    'owner',
    'at',
    'hash',
    'status',
    'ms',
    'attempts',
    'flaky',
    'variant',
    'seed',
  ],
  attempt: ['walk', 'attempt', 'at', 'status', 'ms'],
  step: [
    'walk',
    'seq',
    'attempt',
    'step',
    'actor',
    'at',
    'status',
    'ms',
    'first_ms',
    'tries',
    'phase',
    'layer',
    'owner',
    'within_ms',
    'target_ms',
    'said',
  ],
  sample: ['series', 'at', 'walk', 'run', 'status', 'ms', 'within_ms'],
  metric: ['series', 'at', 'walk', 'run', 'name', 'unit', 'value', 'better'],
  artefact: ['walk', 'step', 'path', 'mime'],
};

/**
 * Inserts of many rows without a query builder in the way: the loop that calls hang on must not build the same text for every
 * walk. Texts of one row are made when a run starts, those of more by repeating its placeholders.
 */
export class Inserts {
  readonly #one = new Map<Table, string>();
  readonly #texts = new Map<string, string>();

  constructor(db: Kysely<Tables>) {
    for (const table of Object.keys(columns) as Table[]) {
      const row = Object.fromEntries(columns[table].map((column) => [column, 0]));
      const query = db.insertInto(table).values(row as never);
      const text = table === 'series' ? query.onConflict((conflict) => conflict.doNothing()) : query;
      this.#one.set(table, text.compile().sql);
    }
  }

  of<T extends Table>(table: T, rows: readonly Tables[T][]): CompiledQuery[] {
    if (rows.length === 0) return [];
    const names: readonly (keyof Tables[T])[] = columns[table];
    const values: unknown[] = [];
    for (const row of rows) for (const name of names) values.push(row[name]);
    return [CompiledQuery.raw(this.#text(table, rows.length), values)];
  }

  #text(table: Table, rows: number): string {
    const key = `${table} ${rows}`;
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const one = this.#one.get(table)!;
    const from = one.indexOf('(', one.indexOf(' values '));
    const to = one.indexOf(')', from) + 1;
    const numbered = one.includes('$1', from);
    const width = columns[table].length;
    const tuple = (n: number) =>
      `(${Array.from({ length: width }, (_, k) => (numbered ? `$${n * width + k + 1}` : '?')).join(', ')})`;
    const made = `${one.slice(0, from)}${Array.from({ length: rows }, (_, n) => tuple(n)).join(', ')}${one.slice(to)}`;
    this.#texts.set(key, made);
    return made;
  }
}
