import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import { SpecError } from '../../core/errors.ts';
import { exits } from '../../core/verdict.ts';
import { type Command, placeOptions } from '../command.ts';
import { compose } from '../compose.ts';
import { row, sampleColumns, sampleRow, seriesNames } from '../csv.ts';
import { storeOf } from '../memory.ts';

const day = 86_400_000;

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
    const out = async (text: string) => {
      if (!file) io.stdout.write(text);
      else if (!file.write(text))
        await Promise.race([new Promise<void>((next) => file.once('drain', () => next())), failed]);
    };
    let rows = 0;
    const done = async () => {
      await out(row(sampleColumns));
      const series = await store.series(call.text('journey'));
      const names = seriesNames(series);
      for (const one of series) {
        const name = names.get(one) ?? '';
        for (const { commit_id: commit, ...look } of await store.history.course(one.id, from)) {
          await out(sampleRow({ ...one, ...look, commit, series: name }));
          rows += 1;
        }
      }
      if (file) await Promise.race([new Promise<void>((ended) => file.end(ended)), failed]);
    };
    await done().catch((error: unknown) => {
      if (path === undefined || !(error instanceof Error && 'path' in error)) throw error;
      throw new SpecError(`cannot write ${path}: ${error.message}`);
    });
    if (file) io.stdout.write(`${rows} rows in ${path}\n`);
    return exits.passed;
  },
};

export default exports_;
