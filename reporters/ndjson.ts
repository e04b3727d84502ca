import { createWriteStream, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../core/folder.ts';
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
      makeFolder(dirname(path));
      return openSync(path, 'w');
    });
    const file = createWriteStream(path, { fd });
    let lost: Error | undefined;
    file.on('error', (error) => {
      lost ??= error;
    });
    return {
      on: (event) => void (lost ?? file.write(`${JSON.stringify(event)}\n`)),
      [Symbol.asyncDispose]: async () => {
        if (!lost) await new Promise<void>((resolve) => file.end(() => resolve()));
        orSay(path, 'ndjson', () => {
          if (lost) throw lost;
        });
      },
    };
  },
};

export default ndjson;
