import { closeSync, openSync, realpathSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { SpecError } from './errors.ts';
import { makeFolder } from './folder.ts';

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

/**
 * A report that is written beside its place and renamed, so that a reader never sees half of one.
 * What is no ordinary file (a pipe, a terminal, a device) is written in place: a rename would put a file where it was.
 */
export class ReportFile {
  readonly #path: string;
  readonly #reporter: string;
  /** Where it is written until it is whole; undefined when in place. */
  readonly #part: string | undefined;
  readonly #place: string;
  readonly #file: number;

  /** Throws SpecError where nothing can be written, before anything is dialled. */
  constructor(path: string, reporter: string) {
    this.#path = path;
    this.#reporter = reporter;
    const { place, part, file } = orSay(path, reporter, () => {
      makeFolder(dirname(path));
      const there = statSync(path, { throwIfNoEntry: false });
      if (there?.isDirectory()) throw new Error('it is a folder');
      const real = there ? realpathSync(path) : path;
      const beside = there && !there.isFile() ? undefined : `${real}.part`;
      return { place: real, part: beside, file: openSync(beside ?? path, 'w') };
    });
    this.#place = place;
    this.#part = part;
    this.#file = file;
  }

  /** Throws SpecError, and leaves nothing, where the disk is full or the place has gone. */
  finish(pieces: Iterable<string>): void {
    try {
      orSay(this.#path, this.#reporter, () => {
        for (const piece of pieces) writeSync(this.#file, piece);
        if (this.#part !== undefined) renameSync(this.#part, this.#place);
      });
    } finally {
      this.drop();
    }
  }

  drop(): void {
    closeSync(this.#file);
    if (this.#part !== undefined) rmSync(this.#part, { force: true });
  }
}
