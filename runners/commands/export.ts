import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import { SpecError } from '../../core/errors.ts';
import { exits } from '../../core/verdict.ts';
import { type Command, placeOptions } from '../command.ts';
import { compose } from '../compose.ts';
import { storeOf } from '../memory.ts';

const day = 86_400_000;
const quoted = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

const exports_: Command = {
  about: 'write what is remembered as CSV, as `analyze` and `import` take it: a row a look at a step',
  example: 'throughline export --days 14 --out samples.csv && throughline analyze samples.csv --kind history',
  options: {
    ...placeOptions,
    journey: { type: 'string', value: 'NAME', about: 'this journey only' },
    days: { type: 'string', value: 'N', about: 'how far back (default 45)' },
    out: { type: 'string', value: 'PATH', about: 'file to write (default: standard output)' },
  },
  run: async (call) => {
    const { io } = call;
    const place = { cwd: io.cwd, env: call.text('env'), root: call.text('root'), lab: call.text('lab'), live: false };
    await using house = await compose(place);
    await using store = await storeOf(house.store);
    const from = Math.round(systemClock.now()) - (call.count('days', 1) ?? 45) * day;
    const path = call.text('out');
    const file = path === undefined ? undefined : createWriteStream(resolve(io.cwd, path));
    const failed = file && new Promise<never>((_, reject) => file.on('error', reject));
    failed?.catch(() => undefined);
    const out = (text: string) => (file ? file.write(text) : io.stdout.write(text));
    let rows = 0;
    out('series,timestamp,value,batch,outcome\n');
    for (const { id, journey, step } of await store.series(call.text('journey')))
      for (const { at, ms, status, batch } of await store.history.course(id, from)) {
        if (status === 'skipped') continue;
        out(
          `${quoted(`${journey} ${step}`)},${at},${ms ?? ''},${quoted(batch)},${ms === null ? 'failed' : 'passed'}\n`,
        );
        rows += 1;
      }
    if (!file) return exits.passed;
    const done = new Promise<void>((resolved) => file.end(resolved));
    await Promise.race([done, failed]).catch((error: unknown) => {
      throw new SpecError(`cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`);
    });
    io.stdout.write(`${rows} rows in ${path}\n`);
    return exits.passed;
  },
};

export default exports_;
