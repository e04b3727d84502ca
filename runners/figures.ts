import type { Like } from '../core/history.ts';
import { figures as inUnit } from '../judge/words.ts';
import type { Store } from '../store/store.ts';
import { row, seriesNames } from './csv.ts';
import { type Asked, defined } from './history.ts';
import type { Io } from './io.ts';
import { sparkline } from './sparkline.ts';

export type Shown = Awaited<ReturnType<Store['history']['shown']>>[number];

/** `throughline analyze` reads the first five. Columns are only ever added. */
const columns = [
  'series',
  'timestamp',
  'value',
  'batch',
  'better',
  'unit',
  'journey',
  'step',
  'metric',
  'environment',
  'location',
  'trigger',
  'variant',
  'run',
  'walk',
] as const;

/** Figures that walks showed, one a walk: a sparkline for people, rows for machines. What a judge flagged is among them. */
export async function tellFigures(
  store: Store,
  io: Io,
  { form, last, from, to, figures }: Asked & { readonly figures: readonly Shown[] },
): Promise<void> {
  const named = figures.map((of) => ({ ...of, step: [of.step, of.name].filter(Boolean).join(' '), of }));
  const names = seriesNames(named);
  if (form === 'csv') io.stdout.write(row(columns));
  for (const series of named) {
    const one = series.of;
    const { journey, step, environment, location, trigger, name, unit, better } = one;
    const variant = Object.fromEntries(JSON.parse(one.variant) as [string, string][]);
    const like: Like = { journey, environment, location, trigger, variant };
    const window = { last, flagged: true, ...defined({ from, to }) };
    const values = await store.history.metrics(like, step, name, window);
    const place = [journey, step, name, environment, location, trigger, one.variant === '[]' ? '' : one.variant];
    if (form === 'csv')
      for (const { at, value, batch, run, walk } of values)
        io.stdout.write(row([names.get(series), at, value, batch, better, unit, ...place, run, walk]));
    else if (form === 'json')
      for (const value of values)
        io.stdout.write(`${JSON.stringify({ ...like, step, metric: name, unit, better, ...value })}\n`);
    else
      io.stdout.write(
        line(
          one,
          values.map(({ value }) => value),
          io.columns,
        ),
      );
  }
}

function line({ step, name, unit, environment, location, trigger }: Shown, values: readonly number[], columns: number) {
  const median = values.toSorted((a, b) => a - b)[values.length >> 1];
  const said = median === undefined ? 'none in this time' : `median ${inUnit(unit).value(median)}`;
  const shown = sparkline(values.slice(-Math.max(40, columns - 44)));
  const series = [step, name, environment, location, trigger].filter(Boolean).join(' · ');
  return `${series}\n  ${shown}  ${values.length} walks, ${said}\n`;
}
