import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { SpecError } from './errors.ts';

/** Throws SpecError, naming the reporter's option, where the work on a file fails. */
export function orSay<T>(path: string, reporter: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new SpecError(
      `${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
      `name another place: --reporter ${reporter}=PATH`,
    );
  }
}

/** A report that is written beside its place and renamed, so that a reader never sees half of one. */
export class ReportFile {
  readonly #path: string;
  readonly #part: string;
  readonly #file: number;

  /** Throws SpecError where nothing can be written, before anything is dialled. */
  constructor(path: string, reporter: string) {
    this.#path = path;
    this.#part = `${path}.part`;
    this.#file = orSay(path, reporter, () => {
      mkdirSync(dirname(path), { recursive: true });
      return openSync(this.#part, 'w');
    });
  }

  finish(pieces: Iterable<string>): void {
    for (const piece of pieces) writeSync(this.#file, piece);
    closeSync(this.#file);
    renameSync(this.#part, this.#path);
  }

  drop(): void {
    closeSync(this.#file);
    rmSync(this.#part, { force: true });
  }
}
