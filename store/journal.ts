import { createWriteStream, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';
import type { Event } from '../core/event.ts';
import { makeFolder } from '../core/folder.ts';
import { lineOf } from '../core/stream.ts';

/** ms. A write wakes a thread and the loop again: it costs the loop more than the lines in it. */
const pause = 50;

/** The events of a run as they are, one a line, in a file; written together some times a second. */
export class Journal {
  /** What keeps the file from being written, the first that was said. */
  torn: unknown;
  #file: WriteStream | undefined;
  #lines = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(path: string) {
    try {
      makeFolder(dirname(path));
      this.#file = createWriteStream(path);
      this.#file.on('error', (error) => {
        this.torn ??= error;
      });
    } catch (error) {
      this.torn ??= error;
    }
  }

  write(event: Event): void {
    this.#timer ??= setTimeout(() => this.#flush(), pause);
    this.#lines += lineOf(event);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#lines;
    this.#lines = '';
    if (lines !== '') this.#file?.write(lines);
  }

  /** Resolves when every line is with the operating system, or will never be. */
  async end(): Promise<void> {
    this.#flush();
    const file = this.#file;
    this.#file = undefined;
    if (file) await new Promise<void>((resolve) => file.end(() => resolve()));
  }
}
