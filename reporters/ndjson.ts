import { LineFile } from '../core/line-file.ts';
import type { ReporterPart } from '../core/reporter.ts';

const ndjson: ReporterPart = {
  about: 'the event stream itself, one event a line',
  open: ({ path, stream }) => {
    const file = path === undefined ? undefined : new LineFile(path, 'ndjson', 'w');
    const lines = file ?? stream;
    return {
      on: (event) => void lines.write(`${JSON.stringify(event)}\n`),
      [Symbol.asyncDispose]: async () => file?.[Symbol.asyncDispose](),
    };
  },
};

export default ndjson;
