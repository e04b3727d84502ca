import { createWriteStream, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { orSay } from '../core/report-file.ts';
import type { ReporterPart } from '../core/reporter.ts';

const ndjson: ReporterPart = {
  about: 'the event stream itself, one event a line',
  open: async ({ path, stream }) => {
    if (path === undefined)
      return {
        on: (event) => void stream.write(`${JSON.stringify(event)}\n`),
        [Symbol.asyncDispose]: async () => undefined,
      };
    const fd = orSay(path, 'ndjson', () => {
      mkdirSync(dirname(path), { recursive: true });
      return openSync(path, 'w');
    });
    const file = createWriteStream(path, { fd });
    return {
      on: (event) => void file.write(`${JSON.stringify(event)}\n`),
      [Symbol.asyncDispose]: () =>
        new Promise<void>((resolve, reject) => file.end((error?: Error | null) => (error ? reject(error) : resolve()))),
    };
  },
};

export default ndjson;
