import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { SpecError } from '../core/errors.ts';
import type { ReporterPart } from '../core/reporter.ts';

const ndjson: ReporterPart = {
  about: 'the event stream itself, one event a line',
  open: async ({ path, stream }) => {
    if (path === undefined)
      return {
        on: (event) => void stream.write(`${JSON.stringify(event)}\n`),
        [Symbol.asyncDispose]: async () => undefined,
      };
    mkdirSync(dirname(path), { recursive: true });
    const file = createWriteStream(path);
    await new Promise<void>((resolve, reject) => {
      file.once('open', () => resolve());
      file.once('error', (error) => reject(new SpecError(`${path} cannot be written: ${error.message}`)));
    });
    return {
      on: (event) => void file.write(`${JSON.stringify(event)}\n`),
      [Symbol.asyncDispose]: () =>
        new Promise<void>((resolve, reject) => file.end((error?: Error | null) => (error ? reject(error) : resolve()))),
    };
  },
};

export default ndjson;
