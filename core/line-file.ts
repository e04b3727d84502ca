import { createWriteStream, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from './folder.ts';
import { orSay } from './report-file.ts';

/** Lines into a file as they come. A disk that fills up meanwhile ends the writing, and is told when the file is closed. */
export class LineFile implements AsyncDisposable {
  readonly #path: string;
  readonly #reporter: string;
  readonly #file: ReturnType<typeof createWriteStream>;
  #lost: Error | undefined;

  /** `flags`: `w` begins anew, `a` goes on where the file ends. Throws SpecError where nothing can be written. */
  constructor(path: string, reporter: string, flags: 'w' | 'a') {
    this.#path = path;
    this.#reporter = reporter;
    const fd = orSay(path, reporter, () => {
      makeFolder(dirname(path));
      return openSync(path, flags);
    });
    this.#file = createWriteStream(path, { fd });
    this.#file.on('error', (error) => {
      this.#lost ??= error;
    });
  }

  write(text: string): void {
    if (!this.#lost) this.#file.write(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#lost) await new Promise<void>((resolve) => this.#file.end(() => resolve()));
    orSay(this.#path, this.#reporter, () => {
      if (this.#lost) throw this.#lost;
    });
  }
}
