import { showMs } from '../core/duration.ts';
import { when } from '../core/headline.ts';
import type { Like, Sample } from '../core/history.ts';
import { glyphs, type Status } from '../core/verdict.ts';
import { figures } from '../judge/words.ts';
import { type Cell, quantileOf } from '../store/cell.ts';
import type { Store } from '../store/store.ts';
import { row, sampleColumns, sampleRow, seriesNames } from './csv.ts';
import type { Io } from './io.ts';
import { sparkline } from './sparkline.ts';

type Series = Awaited<ReturnType<Store['series']>>[number];

export interface Asked {
  readonly last: number;
  readonly environment?: string;
  readonly location: string | undefined;
  readonly status: string | undefined;
  /** Epoch ms, inclusive and exclusive. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly form: 'text' | 'json' | 'csv';
}

export const defined = <O extends object>(all: O) =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as {
    [K in keyof O]?: Exclude<O[K], undefined>;
  };

const runColumns = [
  'run',
  'timestamp',
  'environment',
  'location',
  'trigger',
  'status',
  'walks',
  'passed',
  'ms',
  'batch',
  'commit',
  'branch',
] as const;

export async function tellRuns(store: Store, io: Io, { form, last, ...filter }: Asked): Promise<void> {
  const { environment, location, status, from, to } = filter;
  const rows = await store.runs({ last, ...defined({ environment, location, status, from, to }) });
  const filtered = Object.values({ environment, location, status, from, to }).some((one) => one !== undefined);
  if (rows.length === 0)
    io.stderr.write(filtered ? 'no run is like that\n' : 'no run was kept here yet: throughline run\n');
  if (form === 'csv') io.stdout.write(row(runColumns));
  for (const one of rows) {
    if (form === 'json') io.stdout.write(`${JSON.stringify(one)}\n`);
    else if (form === 'csv') {
      const { id, at, walks, passed, ms, batch, commit, branch, trigger } = one;
      io.stdout.write(
        row([id, at, one.environment, one.location, trigger, one.status, walks, passed, ms, batch, commit, branch]),
      );
    } else {
      const ended = (one.status ?? 'broken') as Status;
      const how = one.interrupted ? 'interrupted' : ended;
      const said = one.status === null ? 'without an end' : `${how}, ${one.passed} of ${one.walks} passed`;
      const commit = one.commit ? `  ${one.commit.slice(0, 7)}` : '';
      const pruned = one.pruned === null ? '' : '  pruned';
      io.stdout.write(
        `${one.interrupted ? '○' : glyphs[ended]} ${one.id}  ${when(one.at)}  ${one.environment}  ${said}${commit}${pruned}\n`,
      );
    }
  }
}

/** Steps sample by sample: a sparkline for people, rows for machines. What a judge flagged is among them. */
export async function tellSamples(
  store: Store,
  io: Io,
  { form, last, from, to, status, series }: Asked & { readonly series: readonly Series[] },
): Promise<void> {
  const names = seriesNames(series);
  if (form === 'csv') io.stdout.write(row(sampleColumns));
  for (const one of series) {
    const { step, environment, location, trigger, variant } = one;
    const like: Like = { ...one, variant: Object.fromEntries(JSON.parse(variant) as [string, string][]) };
    const window = { last, flagged: true, ...defined({ from, to }) };
    const all = await store.history.samples(like, step, window);
    const samples = status === undefined ? all : all.filter((sample) => sample.status === status);
    const { journey } = one;
    if (form === 'json') {
      const head = { journey, environment, location, trigger, variant: like.variant, step };
      io.stdout.write(samples.map((sample) => `${JSON.stringify({ ...head, ...sample })}\n`).join(''));
    } else if (form === 'csv')
      io.stdout.write(
        samples
          .map(({ ms = null, commit = null, ...sample }) =>
            sampleRow({ ...one, ...sample, ms, commit, series: names.get(one) ?? '' }),
          )
          .join(''),
      );
    else io.stdout.write(`${line([step, environment, location, trigger].join(' · '), samples, io.columns)}\n`);
  }
}

function line(series: string, samples: readonly Sample[], columns: number): string {
  const times = samples.flatMap(({ ms }) => (ms === undefined ? [] : [ms])).sort((a, b) => a - b);
  const median = times[times.length >> 1];
  const failed = samples.length - times.length;
  const told = median === undefined ? 'never passed' : `median ${showMs(median)}`;
  const room = Math.max(40, columns - 44);
  const shown = samples.slice(-room).map(({ ms }) => ms);
  return `${series}\n  ${sparkline(shown)}  ${samples.length} samples, ${told}${failed > 0 ? `, ${failed} without a duration` : ''}`;
}

/** Fewer durations say nothing of a tail. */
const tailFrom = 60;

const cellColumns = ['series', 'timestamp', 'n', 'failed', 'late', 'median', 'p95', 'min', 'max', 'mean'] as const;

/** What hours are kept of: durations, or a figure with its unit. */
type Counted = Series & { readonly unit?: string };

/** Hours or days of steps. Quantiles are within 1 %. */
export async function tellCells(
  store: Store,
  io: Io,
  {
    form,
    by,
    from = 0,
    to,
    last,
    series,
  }: Asked & { readonly by: 'hour' | 'day'; readonly series: readonly Counted[] },
): Promise<void> {
  const names = seriesNames(series);
  const grain = by === 'hour' ? 'h' : 'd';
  if (form === 'csv') io.stdout.write(row(cellColumns));
  for (const one of series) {
    const { id, step, environment, location, trigger } = one;
    const cells = (await store.rollups.cells(Number(id), grain, { from, ...defined({ to }) })).slice(-last);
    if (form === 'text') io.stdout.write(`${[step, environment, location, trigger].join(' · ')}\n`);
    if (form === 'text') io.stdout.write(`  ${sparkline(cells.map((cell) => quantileOf(cell, 0.5) ?? undefined))}\n`);
    const show = one.unit === undefined ? showMs : figures(one.unit).value;
    for (const cell of cells) io.stdout.write(tellCell(cell, { form, by, show, series: names.get(one) ?? '' }));
  }
}

function tellCell(
  cell: Cell,
  {
    form,
    by,
    show,
    series,
  }: {
    readonly form: Asked['form'];
    readonly by: 'hour' | 'day';
    readonly show: (value: number) => string;
    readonly series: string;
  },
): string {
  const { at, n, failed, late, min, max, sum } = cell;
  const short = (value: number | null) => (value === null ? null : Number(value.toPrecision(4)));
  const [median, p95] = [short(quantileOf(cell, 0.5)), short(quantileOf(cell, 0.95))];
  const mean = n > failed ? short(sum / (n - failed)) : null;
  if (form === 'csv') return row([series, at, n, failed, late, median, p95, min, max, mean]);
  if (form === 'json') return `${JSON.stringify({ series, by, at, n, failed, late, median, p95, min, max, mean })}\n`;
  const tail = p95 === null || n - failed < tailFrom ? '' : `, p95 ${show(p95)}`;
  const times = median === null ? 'never passed' : `median ${show(median)}${tail}`;
  const start = by === 'hour' ? when(at) : when(at).slice(0, 10);
  return `  ${start}  ${n} samples, ${times}${late > 0 ? `, ${late} late` : ''}${failed > 0 ? `, ${failed} without a duration` : ''}\n`;
}
