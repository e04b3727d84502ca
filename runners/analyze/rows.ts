import { parse } from 'csv-parse';
import { nearest } from '../../core/nearest.ts';
import type { Faults } from './faults.ts';
import { readMoment, readNumber, type TimeForm } from './moment.ts';
import { Growing, outcome, type Series, side } from './series.ts';

const known = ['series', 'timestamp', 'value', 'batch', 'side', 'pair', 'outcome', 'better'] as const;
type Column = (typeof known)[number];

export interface Table {
  /** By name, whatever the order of rows. */
  readonly series: readonly Series[];
  readonly batchNames: readonly string[];
  readonly pairNames: readonly string[];
  readonly has: ReadonlySet<string>;
  /** Rows without value and outcome. */
  readonly missing: number;
  /** Rows that repeat another one exactly. */
  readonly repeats: number;
  readonly rows: number;
}

const natural = new Intl.Collator('en', { numeric: true });
const inOrder = (a: string, b: string) => natural.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);

/** The rows of one file while they arrive. */
export class Rows {
  readonly #file: string;
  readonly #faults: Faults;
  readonly #progress: ((rows: number) => void) | undefined;
  readonly #parser;
  readonly #quoted: boolean;
  #places: ReadonlyMap<Column, number> | undefined;
  #width = 0;
  #broken = false;
  #form: { readonly form: TimeForm; readonly line: number } | undefined;
  readonly #series = new Map<string, Growing>();
  readonly #batches = new Map<string, number>();
  readonly #pairs = new Map<string, number>();
  #rows = 0;
  #missing = 0;
  line = 1;

  constructor(
    head: Uint8Array,
    {
      file,
      faults,
      progress,
    }: { readonly file: string; readonly faults: Faults; readonly progress: ((rows: number) => void) | undefined },
  ) {
    this.#file = file;
    this.#faults = faults;
    this.#progress = progress;
    const first =
      Buffer.from(head)
        .toString('utf8')
        .replace(/^\uFEFF/, '')
        .split(/\r?\n|\r/, 1)[0] ?? '';
    this.#quoted = first.trimStart().startsWith('"');
    const delimiter = !first.includes(',') && first.includes(';') ? ';' : ',';
    this.#parser = parse({
      delimiter,
      bom: true,
      trim: true,
      relax_column_count: true,
      skip_empty_lines: true,
      on_record: (record: string[], context) => {
        this.line = context.lines;
        if (this.#places === undefined) this.#header(record);
        else if (!this.#broken) this.#row(record);
        return null;
      },
    });
    this.#parser.on('error', (error: Error & { lines?: number; code?: string }) => {
      if (this.#broken) return;
      this.#broken = true;
      const line = error.lines ?? this.line + 1;
      const quote = String(error.code).includes('QUOTE');
      this.#fault({
        message: quote ? 'a quoted field is not closed or is followed by more text' : error.message.toLowerCase(),
        line,
        column: 1,
      });
    });
    this.#parser.resume();
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#parser.destroyed || this.#parser.errored) return;
    if (!this.#parser.write(bytes))
      await new Promise<void>((resolve) => {
        this.#parser.once('drain', resolve);
        this.#parser.once('close', resolve);
      });
  }

  async end(): Promise<Table> {
    if (!this.#parser.destroyed) {
      await new Promise<void>((resolve) => {
        this.#parser.once('close', resolve);
        this.#parser.end();
      });
    }
    if (this.#places === undefined && this.#faults.count === 0)
      this.#fault({
        message: 'the file is empty',
        line: 1,
        column: 1,
        hint: 'its first line names the columns: series,timestamp,value',
      });
    const [batchNames, pairNames] = [[...this.#batches.keys()], [...this.#pairs.keys()]];
    const growing = this.#faults.count > 0 ? [] : [...this.#series.values()].sort((a, b) => inOrder(a.name, b.name));
    return {
      series: growing.map((one) => one.done({ batchNames, pairNames })),
      batchNames,
      pairNames,
      repeats: growing.reduce((sum, { repeats }) => sum + repeats, 0),
      has: new Set(this.#places?.keys()),
      missing: this.#missing,
      rows: this.#rows,
    };
  }

  #fault({ message, line, column, hint }: { message: string; line: number; column: number; hint?: string }): void {
    const place = { file: this.#file, line, column };
    this.#faults.add(hint === undefined ? { message, place } : { message, place, hint });
  }

  /** Where a field begins; quotes are counted where the field needs them or the whole file has them. */
  #columnOf(record: readonly string[], field: number): number {
    let column = 1;
    for (let i = 0; i < field; i++) {
      const text = record[i] ?? '';
      const quotes = this.#quoted || /[",;\n]/.test(text) ? 2 + text.split('"').length - 1 : 0;
      column += text.length + quotes + 1;
    }
    return column;
  }

  #header(record: readonly string[]): void {
    const places = new Map<Column, number>();
    const names = record.map((name) => name.toLowerCase());
    names.forEach((name, i) => {
      const column = known.find((one) => one === name);
      if (column === undefined) return;
      if (places.has(column))
        this.#fault({
          message: `the column ${name} is there twice`,
          line: this.line,
          column: this.#columnOf(record, i),
        });
      places.set(column, i);
    });
    const lacking = (['series', 'timestamp'] as const).filter((name) => !places.has(name)).map(String);
    if (!places.has('value') && !places.has('outcome')) lacking.push('value');
    for (const name of lacking) {
      const close = nearest(
        name,
        names.filter((one) => !(known as readonly string[]).includes(one)),
      );
      const hint = close ? `is “${close}” meant?` : `columns are ${known.join(', ')}; the first three are needed`;
      this.#fault({ message: `the column ${name} is missing`, line: this.line, column: 1, hint });
    }
    if (this.#faults.count > 0) this.#broken = true;
    this.#places = places;
    this.#width = record.length;
  }

  #row(record: readonly string[]): void {
    this.#rows += 1;
    if (this.#progress && this.#rows % 1_000_000 === 0) this.#progress(this.#rows);
    const { line } = this;
    if (record.length !== this.#width) {
      const many = `${record.length} ${record.length === 1 ? 'field' : 'fields'}`;
      const column = this.#columnOf(record, Math.min(record.length - 1, this.#width));
      this.#fault({ message: `${many}, but the header has ${this.#width}`, line, column });
      return;
    }
    const before = this.#faults.count;
    const name = this.#text(record, 'series');
    if (name === '') this.#wrong(record, 'series', 'a row without a series name');
    const time = this.#time(record);
    const value = this.#value(record);
    const sideOf = this.#word(record, 'side', side);
    const outcomeOf = this.#word(record, 'outcome', outcome);
    const better = this.#word(record, 'better', { none: 0, lower: 1, higher: 2 });
    if (this.#faults.count > before) return;
    let series = this.#series.get(name);
    if (series === undefined) {
      series = new Growing(name);
      this.#series.set(name, series);
    }
    if (better > 0) {
      const said = better === 2 ? 'higher' : 'lower';
      if (series.better !== undefined && series.better !== said)
        this.#wrong(record, 'better', `${name} was better ${series.better} before and is better ${said} here`);
      else series.better = said;
    }
    if (Number.isNaN(value) && outcomeOf === outcome.none) this.#missing += 1;
    const batch = numbered(this.#batches, this.#text(record, 'batch'));
    const pair = numbered(this.#pairs, this.#text(record, 'pair'));
    series.add({ time, value, batch, pair, side: sideOf, outcome: outcomeOf });
  }

  #text(record: readonly string[], column: Column): string {
    const place = this.#places!.get(column);
    return place === undefined ? '' : record[place]!;
  }

  #wrong(record: readonly string[], column: Column, message: string, hint?: string): void {
    const place = this.#columnOf(record, this.#places!.get(column)!);
    this.#fault({ message, line: this.line, column: place, ...(hint ? { hint } : {}) });
  }

  #time(record: readonly string[]): number {
    const moment = readMoment(this.#text(record, 'timestamp'));
    if (typeof moment === 'string') {
      this.#wrong(record, 'timestamp', moment, 'ISO 8601 (2026-03-01T14:05:00Z) or epoch milliseconds');
      return 0;
    }
    this.#form ??= { form: moment.form, line: this.line };
    if (this.#form.form !== moment.form) {
      const words = { iso: 'ISO 8601', epoch: 'epoch milliseconds' };
      this.#wrong(
        record,
        'timestamp',
        `${words[moment.form]}, but line ${this.#form.line} has ${words[this.#form.form]}`,
        'one format in a column',
      );
    }
    return moment.ms;
  }

  #value(record: readonly string[]): number {
    const text = this.#text(record, 'value');
    if (text === '') return Number.NaN;
    const value = readNumber(text);
    if (value === undefined) {
      const hint = /^-?\d+,\d+$/.test(text)
        ? 'write the decimal point as a point'
        : 'leave it empty where the sample is missing';
      this.#wrong(record, 'value', `“${text}” is not a number`, hint);
      return Number.NaN;
    }
    return value;
  }

  #word(record: readonly string[], column: Column, words: Readonly<Record<string, number>>): number {
    const text = this.#text(record, column);
    if (text === '') return 0;
    const found = text === 'none' ? undefined : words[text.toLowerCase()];
    if (found === undefined) {
      const allowed = Object.keys(words).filter((word) => word !== 'none');
      this.#wrong(record, column, `“${text}” is not a ${column}`, allowed.join(' or '));
    }
    return found ?? 0;
  }
}

/** The number of a name, counted as they come; −1 for an empty field. */
function numbered(names: Map<string, number>, name: string): number {
  if (name === '') return -1;
  const at = names.get(name);
  if (at !== undefined) return at;
  names.set(name, names.size);
  return names.size - 1;
}
