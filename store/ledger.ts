import { join } from 'node:path';
import type { Compilable, CompiledQuery } from 'kysely';
import type { Event, StepNoted, WalkEnded, WalkStarted } from '../core/event.ts';
import type { Json } from '../core/json.ts';
import type { Reporter } from '../core/reporter.ts';
import type { Base } from './base.ts';
import { Inserts } from './inserts.ts';
import { Journal } from './journal.ts';
import { seriesId, variantKey } from './key.ts';
import { wayOut, wordsOf } from './trouble.ts';
import { type Gathered, rowsOf, whole } from './walk-rows.ts';
import { type Loss, Writer } from './writer.ts';

export interface LedgerOptions {
  /** Writes the events themselves beside the database; default true. */
  readonly journal?: boolean;
  /** ms that the end of a run waits for a database that does not answer. */
  readonly patience?: number;
}

/** Listens to the stream and writes it down: the events as they are, beside the database, and a walk as one transaction when it ends. */
export class Ledger implements Reporter {
  readonly #base: Base;
  readonly #folder: string;
  readonly #keeps: boolean;
  readonly #walks = new Map<string, Gathered>();
  readonly #known = new Map<string, number>();
  readonly #writer: Writer;
  #run = { id: '', environment: '', location: '', trigger: '' };
  readonly #inserts: Inserts;
  #journal: Journal | undefined;
  #ended = 0;

  constructor(base: Base, folder: string, { journal = true, patience }: LedgerOptions = {}) {
    this.#base = base;
    this.#folder = folder;
    this.#keeps = journal;
    this.#writer = new Writer(base, patience);
    this.#inserts = new Inserts(base.db);
  }

  on(event: Event): void {
    if (event.type === 'run.started') this.#open(event);
    this.#journal?.write(event);
    switch (event.type) {
      case 'walk.started':
        this.#walks.set(event.walk, { started: event, steps: [], attempts: [], notes: [] });
        break;
      case 'step.ended':
        this.#walks.get(event.walk)?.steps.push(event);
        break;
      case 'attempt.ended':
        this.#walks.get(event.walk)?.attempts.push(event);
        break;
      case 'step.noted':
        this.#note(event);
        break;
      case 'walk.ended':
        this.#walk(event);
        break;
      case 'finding':
        this.#finding(event);
        break;
      case 'run.ended':
        this.#close(event);
        break;
      default:
    }
  }

  #open(event: Extract<Event, { type: 'run.started' }>): void {
    const { run: id, environment, location, trigger } = event;
    this.#run = { id, environment, location, trigger };
    if (this.#keeps) this.#journal = new Journal(this.#file);
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
        zone: event.zone ?? null,
        runner: event.runner ?? null,
        pruned: null,
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
    this.#ended += 1;
    const rows = rowsOf(gathered, event, (step) => this.#series(gathered.started, step));
    const { walk, attempt, step, sample, metric, artefact } = rows;
    const inserts = this.#inserts;
    const queries = [
      ...inserts.of('walk', walk),
      ...inserts.of('attempt', attempt),
      ...inserts.of('step', step),
      ...inserts.of('sample', sample),
      ...inserts.of('metric', metric),
      ...inserts.of('artefact', artefact),
    ];
    this.#writer.push({ walk: true, queries: queries.map(bare) });
  }

  #series({ journey, environment, location, variant }: WalkStarted, step: string): number {
    const kind = variantKey(variant);
    const name = `${journey}\n${step}\n${kind}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const key = { journey, step, environment, location, trigger: this.#run.trigger, variant: kind };
    const id = seriesId(key);
    this.#known.set(name, id);
    this.#writer.push({ walk: false, queries: this.#inserts.of('series', [{ id, ...key }]).map(bare) });
    return id;
  }

  #finding({ finding, run, walk, seq, at }: Extract<Event, { type: 'finding' }>): void {
    const { kind, status, journey, step } = finding;
    const json = JSON.stringify(finding);
    const values = { run, walk: walk ?? null, seq, at: whole(at), kind, status, journey, step, json, label: null };
    const rows: Compilable[] = [this.#base.db.insertInto('finding').values(values)];
    if (kind === 'gate' && status === 'regressed') {
      const flagged = new Set([run, ...textsOf(finding.details?.runs)]);
      const of = { journey, step, finding_run: run, finding_seq: seq };
      rows.push(this.#base.db.insertInto('flagged').values([...flagged].map((one) => ({ run: one, ...of }))));
    }
    this.#write(...rows);
  }

  #close({ run, status, ms, exit, interrupted }: Extract<Event, { type: 'run.ended' }>): void {
    const values = { status, ms: Number.isFinite(ms) ? whole(ms) : 0, exit, interrupted: interrupted ? 1 : 0 };
    const { db } = this.#base;
    const unrolled = db.insertInto('unrolled').values({ run });
    this.#write(
      db.updateTable('run').set(values).where('id', '=', run),
      unrolled.onConflict((conflict) => conflict.doNothing()),
    );
  }

  #write(...queries: readonly Compilable[]): void {
    this.#writer.push({ walk: false, queries: queries.map((query) => bare(query.compile())) });
  }

  get #file(): string {
    return join(this.#folder, 'runs', this.#run.id, 'events.ndjson');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#journal?.end();
    const loss = await this.#writer.end();
    if (loss || this.#journal?.torn !== undefined) throw new Error(this.#lost(loss));
  }

  /** What could not be kept, and what to do about it. */
  #lost(loss: Loss | undefined): string {
    const { where } = this.#base;
    const file = this.#file;
    const torn = this.#journal?.torn;
    const told = torn === undefined ? undefined : `${file} cannot be written: ${wordsOf(torn)}`;
    if (!loss) return `${told}: the run is remembered, and cannot be replayed`;
    const what =
      loss.walks > 0 ? `${loss.walks} of ${this.#ended} walks` : `${loss.pieces} notes about run ${this.#run.id}`;
    const kept = this.#keeps
      ? told === undefined
        ? `; its events are kept: \`throughline import ${file}\` remembers them later`
        : `; ${told}`
      : '';
    return `${what} could not be remembered in ${where}: ${wordsOf(loss.error)} (${wayOut(loss.error, where)})${kept}`;
  }
}

/** PostgreSQL keeps no text with a NUL in it. */
function bare(query: CompiledQuery): CompiledQuery {
  const { parameters } = query;
  if (!parameters.some((value) => typeof value === 'string' && value.includes('\0'))) return query;
  const cleaned = parameters.map((value) => (typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value));
  return { ...query, parameters: cleaned };
}

const textsOf = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
