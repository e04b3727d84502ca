import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import { SpecError } from '../../core/errors.ts';
import { exits } from '../../core/verdict.ts';
import { type Command, placeOptions } from '../command.ts';
import { compose } from '../compose.ts';
import { readJunit } from '../import/junit.ts';
import { readK6Points, readK6Summary } from '../import/k6.ts';
import type { Imported } from '../import/sample.ts';
import { readSamples } from '../import/table.ts';
import { writeRuns } from '../import/write.ts';
import { storeOf } from '../memory.ts';
import { readWhen } from '../when.ts';

const imports: Command = {
  about: 'remember the results of others: a JUnit report, k6 points or summary as JSON, a CSV as `analyze` takes it',
  usage: 'FILE...',
  example: 'throughline import report.xml --env ci',
  options: {
    ...placeOptions,
    at: { type: 'string', value: 'TIME', about: 'when it was, where the file does not say (default: now)' },
    from: { type: 'string', value: 'NAME', about: 'location that the history names (default imported)' },
  },
  run: async (call) => {
    const { io } = call;
    if (call.words.length === 0) throw new SpecError('import takes a file', imports.example);
    const place = { cwd: io.cwd, env: call.text('env'), root: call.text('root'), lab: call.text('lab'), live: false };
    await using house = await compose(place);
    const said = call.text('at');
    const at = said === undefined ? Math.round(systemClock.now()) : readWhen(said);
    // All are read before anything is written.
    const read: { readonly file: string; readonly samples: readonly Imported[] }[] = [];
    for (const file of call.words) read.push({ file, samples: await samplesOf(resolve(io.cwd, file), { file, at }) });
    await using store = await storeOf(house.store);
    const location = call.text('from') ?? 'imported';
    for (const { file, samples } of read) {
      if (samples.length === 0)
        throw new SpecError(`${file} holds no durations and no outcomes`, 'nothing was written');
      const origin = { environment: house.config.environment, location, from: basename(file) };
      const { runs, known } = await writeRuns(store, samples, origin);
      const before = known > 0 ? `; ${known} were there already` : '';
      io.stdout.write(`${file}: ${samples.length} samples in ${runs} new runs${before}\n`);
    }
    io.stdout.write('next: throughline judge\n');
    return exits.passed;
  },
};

async function samplesOf(path: string, { file, at }: { file: string; at: number }): Promise<readonly Imported[]> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new SpecError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const start = Buffer.from(bytes.subarray(0, 400))
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart();
  if (start.startsWith('<')) return readJunit(Buffer.from(bytes).toString('utf8'), { file, otherwise: at });
  if (!start.startsWith('{')) return readSamples(bytes, file);
  const text = Buffer.from(bytes).toString('utf8');
  if (/^\{"type":\s*"(Metric|Point)"|^\{"metric":/.test(start)) return readK6Points(text, file);
  try {
    return readK6Summary(JSON.parse(text) as object, at);
  } catch (error) {
    throw new SpecError(
      `${file} is no JSON: ${error instanceof Error ? error.message : ''}`,
      'k6 `--out json` or its summary is expected',
    );
  }
}

export default imports;
