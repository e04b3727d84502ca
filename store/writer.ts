import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CompiledQuery } from 'kysely';
import type { Base } from './base.ts';
import { isOfTheRow } from './trouble.ts';

/** What is written whole or not at all: a walk with all its rows, a finding. */
export interface Piece {
  readonly walk: boolean;
  readonly queries: readonly CompiledQuery[];
}

export interface Loss {
  readonly pieces: number;
  readonly walks: number;
  /** The first that was said. */
  readonly error: unknown;
}

/** ms: first and longest pause between two tries, and how long the end of a run waits for a database that does not answer. */
const pauses = { first: 100, longest: 5_000 } as const;
const usualPatience = 10_000;
/** Pieces that wait at most; what comes beyond them is lost to the database. */
const most = 50_000;

/**
 * Writes pieces in their order, those that wait together in one transaction. A database that is full, locked or away is asked
 * again for as long as the run goes on; a piece that it refuses is left out alone.
 */
export class Writer {
  readonly #base: Base;
  readonly #patience: number;
  #queue: Piece[] = [];
  #writing: Promise<void> | undefined;
  #loss: Loss | undefined;
  /** ms that may still be spent on pauses; without limit until the run is over. */
  #left = Number.POSITIVE_INFINITY;
  readonly #over = new AbortController();

  constructor(base: Base, patience: number = usualPatience) {
    this.#base = base;
    this.#patience = patience;
  }

  push(piece: Piece): void {
    if (this.#queue.length >= most) {
      this.#lose([piece], new Error(`more than ${most} rows wait for the database`));
      return;
    }
    this.#queue.push(piece);
    this.#writing ??= this.#drain();
  }

  async #drain(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#queue.length > 0) await this.#write(this.#queue.splice(0));
    this.#writing = undefined;
  }

  async #write(pieces: readonly Piece[]): Promise<void> {
    const queries = pieces.flatMap((piece) => piece.queries);
    const receipt = randomUUID();
    for (let pause: number = pauses.first; ; pause = Math.min(2 * pause, pauses.longest)) {
      try {
        await this.#base.batch(queries, receipt);
        return;
      } catch (error) {
        if (isOfTheRow(error) && pieces.length > 1) {
          for (const piece of pieces) await this.#write([piece]);
          return;
        }
        if (isOfTheRow(error) || this.#left <= 0) {
          this.#lose(pieces, error);
          return;
        }
        await this.#rest(pause);
      }
    }
  }

  async #rest(pause: number): Promise<void> {
    const { signal } = this.#over;
    const ms = Math.min(pause, this.#left);
    // The end of the run is a reason to try at once.
    await sleep(ms, undefined, signal.aborted ? {} : { signal }).catch(() => undefined);
    if (signal.aborted) this.#left -= ms;
  }

  #lose(pieces: readonly Piece[], error: unknown): void {
    this.#loss = {
      pieces: (this.#loss?.pieces ?? 0) + pieces.length,
      walks: (this.#loss?.walks ?? 0) + pieces.filter(({ walk }) => walk).length,
      error: this.#loss?.error ?? error,
    };
  }

  /** Resolves when everything pushed so far is durable or given up: to what was lost. */
  async end(): Promise<Loss | undefined> {
    this.#left = this.#patience;
    this.#over.abort();
    while (this.#writing) await this.#writing;
    return this.#loss;
  }
}
