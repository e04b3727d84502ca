import { LineFile } from '../core/line-file.ts';
import type { ReporterPart } from '../core/reporter.ts';
import { lineOf } from '../core/stream.ts';

const ndjson: ReporterPart = {
  about: 'the event stream itself, one event a line',
  open: ({ path, stream }) => {
    const file = path === undefined ? undefined : new LineFile(path, 'ndjson', 'w');
    const out = file ?? stream;
    let lines = '';
    let timer: NodeJS.Immediate | undefined;
    const flush = () => {
      timer = undefined;
      out.write(lines);
      lines = '';
    };
    return {
      on: (event) => {
        lines += lineOf(event);
        // What is said in one turn of the loop leaves together: a write to a pipe waits for the system.
        timer ??= setImmediate(flush);
      },
      [Symbol.asyncDispose]: async () => {
        clearImmediate(timer);
        if (lines !== '') flush();
        await file?.[Symbol.asyncDispose]();
      },
    };
  },
};

export default ndjson;
