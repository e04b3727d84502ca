import { createHash } from 'node:crypto';
import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { type Compilable, CompiledQuery } from 'kysely';
import type { Event, StepEnded, StepNoted, WalkEnded, WalkStarted } from '../core/event.ts';
import { makeFolder } from '../core/folder.ts';
import type { Reporter } from '../core/reporter.ts';
import type { Base } from './base.ts';
import type { Tables } from './tables.ts';

/** 52 bits of a hash: the same everywhere without asking the database; 10 million series collide with p < 2 %. */
export function seriesId(key: {
  readonly journey: string;
  readonly step: string;
  readonly environment: string;
  readonly location: string;
  readonly trigger: string;
  readonly variant: string;
}): number {
  const parts = [key.journey, key.step, key.environment, key.location, key.trigger, key.variant];
  return Number.parseInt(createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 13), 16);
}

export const variantKey = (variant: Readonly<Record<string, string>> = {}) =>
  JSON.stringify(Object.entries(variant).toSorted(([a], [b]) => (a < b ? -1 : 1)));

/** The stream stamps to a thousandth of a ms; the tables hold whole ones. */
const whole = Math.round;

interface Gathered {
  readonly started: WalkStarted;
  readonly steps: StepEnded[];
  readonly notes: StepNoted[];
}

/** Listens to the stream and writes it down: the events as they are, beside the database, and a walk as one transaction when it ends. */
export class Ledger implements Reporter {
  readonly #base: Base;
  readonly #folder: string;
  readonly #walks = new Map<string, Gathered>();
  readonly #known = new Map<string, number>();
  #run = { id: '', environment: '', location: '', trigger: '' };
  #journal: WriteStream | undefined;
  #queue: CompiledQuery[] = [];
  /** Text of an insert by table and number of rows: building it costs more than filling it. */
  readonly #texts = new Map<string, string>();
  #writing: Promise<void> | undefined;
  #lost: unknown;

  constructor(base: Base, folder: string) {
    this.#base = base;
    this.#folder = folder;
  }

  on(event: Event): void {
    if (event.type === 'run.started') this.#open(event);
    this.#journal?.write(`${JSON.stringify(event)}\n`);
    if (event.type === 'walk.started') this.#walks.set(event.walk, { started: event, steps: [], notes: [] });
    if (event.type === 'step.ended') this.#walks.get(event.walk)?.steps.push(event);
    if (event.type === 'step.noted') this.#note(event);
    if (event.type === 'walk.ended') this.#walk(event);
    if (event.type === 'finding') this.#finding(event);
    if (event.type === 'run.ended') this.#close(event);
  }

  #open(event: Extract<Event, { type: 'run.started' }>): void {
    const { run: id, environment, location, trigger } = event;
    this.#run = { id, environment, location, trigger };
    const folder = join(this.#folder, 'runs', id);
    makeFolder(folder);
    this.#journal = createWriteStream(join(folder, 'events.ndjson'));
    this.#journal.on('error', (error) => {
      this.#lost ??= error;
    });
    this.#write(
      this.#base.db.insertInto('run').values({
        id,
        at: whole(event.at),
        tool: event.tool,
        environment,
        location,
        trigger,
        batch: event.batch,
        commit_id: event.commit ?? null,
        branch: event.branch ?? null,
        subject: event.subject ?? null,
        status: null,
        ms: null,
        exit: null,
        interrupted: 0,
      }),
    );
  }

  #note(event: StepNoted): void {
    const { note, run, at } = event;
    const { db } = this.#base;
    if (note.type === 'made') {
      const { environment } = this.#run;
      const values = { run, driver: note.driver, record: JSON.stringify(note.record), environment, at: whole(at) };
      this.#write(
        db
          .insertInto('made')
          .values(values)
          .onConflict((conflict) => conflict.doNothing()),
      );
    } else if (note.type === 'forgotten')
      this.#write(
        db
          .deleteFrom('made')
          .where('run', '=', run)
          .where('driver', '=', note.driver)
          .where('record', '=', JSON.stringify(note.record)),
      );
    else if (note.type === 'metric' || note.type === 'file') this.#walks.get(event.walk)?.notes.push(event);
  }

  #walk(event: WalkEnded): void {
    const gathered = this.#walks.get(event.walk);
    if (!gathered) return;
    this.#walks.delete(event.walk);
    const { started, steps, notes } = gathered;
    const { run, walk, at, journey } = started;
    this.#insert('walk', [
      {
        id: walk,
        run,
        journey,
        title: started.title,
        owner: started.owner,
        at: whole(at),
        hash: started.hash,
        status: event.status,
        ms: event.ms,
        attempts: event.attempts,
        flaky: event.flaky ? 1 : 0,
      },
    ]);
    const flakyWalk = event.attempts > 1;
    const seen = new Set<string>();
    const first = steps.filter(({ attempt, status, phase, step }) => {
      // A flow that is tried again does its steps once more: the first try is the sample.
      if (attempt !== 1 || status === 'skipped' || phase === 'finally' || seen.has(step)) return false;
      seen.add(step);
      return true;
    });
    const samples = first.map((step) => sampleOf(step, this.#series(started, step.step), flakyWalk));
    this.#insert('sample', samples);
    const metrics = notes.flatMap(({ note, step, attempt, at: when }) =>
      note.type === 'metric' && step !== undefined && attempt === 1
        ? [
            {
              series: this.#series(started, step),
              at: whole(when),
              walk,
              run,
              name: note.name,
              unit: note.unit,
              value: note.value,
            },
          ]
        : [],
    );
    this.#insert('metric', metrics);
    const files = notes.flatMap(({ note, step = '' }) =>
      note.type === 'file' ? [{ walk, step, path: note.path, mime: note.mime }] : [],
    );
    this.#insert('artefact', files);
  }

  #series({ journey, environment, location, variant }: WalkStarted, step: string): number {
    const kind = variantKey(variant);
    const name = `${journey}\n${step}\n${kind}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const key = { journey, step, environment, location, trigger: this.#run.trigger, variant: kind };
    const id = seriesId(key);
    this.#known.set(name, id);
    const row = this.#base.db.insertInto('series').values({ id, ...key });
    this.#write(row.onConflict((conflict) => conflict.doNothing()));
    return id;
  }

  #finding({ finding, run, walk, seq, at }: Extract<Event, { type: 'finding' }>): void {
    const { kind, status, journey, step } = finding;
    const json = JSON.stringify(finding);
    const values = { run, walk: walk ?? null, seq, at: whole(at), kind, status, journey, step, json, label: null };
    this.#write(this.#base.db.insertInto('finding').values(values));
  }

  #close({ run, status, ms, exit, interrupted }: Extract<Event, { type: 'run.ended' }>): void {
    const values = { status, ms, exit, interrupted: interrupted ? 1 : 0 };
    this.#write(this.#base.db.updateTable('run').set(values).where('id', '=', run));
  }

  /** What comes while a transaction is under way goes into the next one. */
  #write(query: Compilable): void {
    this.#push(query.compile());
  }

  #insert<Table extends 'walk' | 'sample' | 'metric' | 'artefact'>(table: Table, rows: readonly Tables[Table][]): void {
    const [first] = rows;
    if (!first) return;
    const key = `${table} ${rows.length}`;
    let text = this.#texts.get(key);
    if (text === undefined) {
      text = this.#base.db
        .insertInto(table)
        .values(rows as never)
        .compile().sql;
      this.#texts.set(key, text);
    }
    const columns = Object.keys(first) as (keyof Tables[Table])[];
    this.#push(
      CompiledQuery.raw(
        text,
        rows.flatMap((row) => columns.map((column) => row[column])),
      ),
    );
  }

  #push(query: CompiledQuery): void {
    this.#queue.push(query);
    this.#writing ??= this.#drain();
  }

  async #drain(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#queue.length > 0 && this.#lost === undefined) {
      const queries = this.#queue.splice(0);
      try {
        await this.#base.batch(queries);
      } catch (error) {
        this.#lost ??= error;
      }
    }
    this.#writing = undefined;
  }

  /** Resolves when everything said so far is durable. Throws what was lost. */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing;
    if (this.#lost !== undefined)
      throw new Error(
        `the store lost what came: ${this.#lost instanceof Error ? this.#lost.message : String(this.#lost)}`,
      );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const journal = this.#journal;
    if (journal) await new Promise<void>((resolve) => journal.end(resolve));
    await this.flush();
  }
}

function sampleOf(step: StepEnded, series: number, flakyWalk: boolean) {
  const { walk, run, status, ms, tries, at } = step;
  const flaky = tries > 1 || (flakyWalk && status === 'failed');
  const fine = (status === 'passed' || status === 'degraded') && !flaky && !flakyWalk;
  return {
    series,
    at: whole(step.origin || at),
    walk,
    run,
    status: tries > 1 && status !== 'broken' ? 'failed' : status,
    ms: fine ? ms : null,
  };
}
