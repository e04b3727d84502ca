import { closeSync, createReadStream, openSync, readFileSync, readSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { systemClock } from '../../core/clock.ts';
import { SpecError } from '../../core/errors.ts';
import { exits } from '../../core/verdict.ts';
import type { Store } from '../../store/store.ts';
import { type Command, placeOptions } from '../command.ts';
import { compose } from '../compose.ts';
import { isStream, writeStream } from '../import/events.ts';
import { readJunit } from '../import/junit.ts';
import { readK6Points, readK6Summary } from '../import/k6.ts';
import { isExport, readExport } from '../import/own.ts';
import type { Imported } from '../import/sample.ts';
import { readSamples } from '../import/table.ts';
import { type Origin, writeRuns } from '../import/write.ts';
import { storeOf } from '../memory.ts';
import { readWhen } from '../when.ts';

const imports: Command = {
  about:
    'remember the results of others: a JUnit report, k6 points or summary as JSON, a CSV as `export` writes it or `analyze` takes it, events of a run',
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
    const read: Read[] = [];
    for (const file of call.words) read.push(await readFile(resolve(io.cwd, file), { file, at }));
    await using store = await storeOf(house.store);
    const origin = { environment: house.config.environment, location: call.text('from') ?? 'imported' };
    for (const one of read)
      io.stdout.write(`${one.file}: ${await write(store, one, { ...origin, from: basename(one.file) })}\n`);
    await store.rollups.roll();
    io.stdout.write('next: throughline judge\n');
    return exits.passed;
  },
};

interface Read {
  readonly file: string;
  readonly path: string;
  /** Absent: the events of a run. */
  readonly samples?: readonly Imported[];
}

async function write(store: Store, { file, path, samples }: Read, origin: Origin): Promise<string> {
  if (samples === undefined) {
    const { walks, fresh } = await writeStream(store, linesOf(path), file);
    return fresh ? `${walks} walks of a run` : `0 walks; ${walks} were there already`;
  }
  const { runs, known } = await writeRuns(store, samples, origin);
  return `${samples.length} samples in ${runs} new runs${known > 0 ? `; ${known} were there already` : ''}`;
}

async function readFile(path: string, { file, at }: { file: string; at: number }): Promise<Read> {
  let samples: readonly Imported[] | undefined;
  try {
    const head = await headOf(path);
    if (isStream(head)) return { file, path };
    samples = await samplesOf(path, { file, at, head });
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === 'ERR_STRING_TOO_LONG') throw new SpecError(`${file} is too large for one piece`, 'split it by suite');
    if (syscall === undefined && !String(code).startsWith('Z_') && code !== 'ERR_FS_FILE_TOO_LARGE') throw error;
    throw new SpecError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (samples.length === 0) throw new SpecError(`${file} holds no durations and no outcomes`, 'nothing was written');
  return { file, path, samples };
}

async function samplesOf(
  path: string,
  { file, at, head }: { file: string; at: number; head: string },
): Promise<readonly Imported[]> {
  if (head.startsWith('<')) return readJunit(await textOf(path), { file, otherwise: at });
  if (isExport(head)) return readExport(await textOf(path), file);
  if (!head.startsWith('{')) return readSamples(sourceOf(path), file);
  if (/^\{"type":\s*"(Metric|Point)"|^\{"metric":/.test(head)) return readK6Points(linesOf(path), file);
  let summary: unknown;
  try {
    summary = JSON.parse(await textOf(path));
  } catch (error) {
    throw new SpecError(
      `${file} is no JSON: ${error instanceof Error ? error.message : ''}`,
      'k6 `--out json` or its summary is expected',
    );
  }
  return readK6Summary(summary as object, at);
}

const gzip = (path: string) => {
  const start = Buffer.alloc(2);
  const file = openSync(path, 'r');
  try {
    readSync(file, start);
  } finally {
    closeSync(file);
  }
  return start[0] === 0x1f && start[1] === 0x8b;
};

/** The bytes of a file, unpacked where it is packed by gzip. */
function sourceOf(path: string): Readable {
  const packed = gzip(path);
  const file = createReadStream(path);
  if (!packed) return file;
  const unpacked = createGunzip();
  file.on('error', (error) => unpacked.destroy(error)).pipe(unpacked);
  return unpacked;
}

const linesOf = (path: string) => createInterface({ input: sourceOf(path), crlfDelay: Number.POSITIVE_INFINITY });

async function textOf(path: string): Promise<string> {
  if (!gzip(path)) return unmarked(readFileSync(path, 'utf8'));
  const pieces: Buffer[] = [];
  for await (const piece of sourceOf(path)) pieces.push(piece as Buffer);
  return unmarked(Buffer.concat(pieces).toString('utf8'));
}

/** Enough of a file to see what it is. */
async function headOf(path: string): Promise<string> {
  const most = 4_000;
  let head = '';
  const source = sourceOf(path);
  for await (const piece of source) {
    head += String(piece).slice(0, most);
    if (head.length >= most) break;
  }
  source.destroy();
  return unmarked(head).trimStart();
}

const unmarked = (text: string) => text.replace(/^\uFEFF/, '');

export default imports;
