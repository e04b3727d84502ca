import { sql, type Transaction } from 'kysely';
import type { Try } from './cell.ts';
import { judgeable } from './judgeable.ts';
import { metricId } from './key.ts';
import type { Tables } from './tables.ts';

export const hour = 3_600_000;
type Tx = Transaction<Tables>;

/** Epoch ms, `from` inclusive, `to` exclusive; of these runs only where they are named. */
export interface Range {
  readonly from: number;
  readonly to: number;
  readonly runs?: readonly string[];
}

/** What hours and days are kept of: the durations of a series, or a figure of its quality. */
export interface Counted {
  /** Of its cells. */
  readonly id: number;
  /** Hours in which the runs in question left something. */
  readonly hours: readonly number[];
  /** What counts, by hour. */
  tries(range: Range): Promise<ReadonlyMap<number, readonly Try[]>>;
  forget(range: Range): Promise<void>;
}

const hourOf = (at: number) => Number(at) - (Number(at) % hour);

/** Everything that these runs left something of. */
export async function countedIn(tx: Tx, runs: readonly string[]): Promise<readonly Counted[]> {
  return [...(await durationsIn(tx, runs)), ...(await figuresIn(tx, runs))];
}

async function durationsIn(tx: Tx, runs: readonly string[]): Promise<readonly Counted[]> {
  const touched = await tx
    .selectFrom('sample')
    .select(['series', sql<number>`at - at % ${sql.lit(hour)}`.as('hour')])
    .distinct()
    .where('run', 'in', [...runs])
    .execute();
  return [...Map.groupBy(touched, ({ series }) => Number(series))].map(([series, some]) => ({
    id: series,
    hours: hoursOf(some),
    tries: (range) => durations(tx, series, range),
    forget: async ({ from, to, runs: of = [] }) => {
      const old = tx.deleteFrom('sample').where('series', '=', series).where('at', '>=', from).where('at', '<', to);
      await old.where('run', 'in', [...of]).execute();
    },
  }));
}

const hoursOf = (some: readonly { readonly hour: number }[]) =>
  some.map((one) => Number(one.hour)).sort((a, b) => a - b);

async function durations(tx: Tx, series: number, { from, to, runs }: Range) {
  let query = tx
    .selectFrom('sample')
    .innerJoin('walk', 'walk.id', 'sample.walk')
    .innerJoin('run', 'run.id', 'sample.run')
    .select(['sample.at', 'sample.ms', 'sample.status'])
    .where('sample.series', '=', series)
    .where('sample.at', '>=', from)
    .where('sample.at', '<', to)
    .where(judgeable);
  if (runs) query = query.where('sample.run', 'in', [...runs]);
  return Map.groupBy(await query.execute(), ({ at }) => hourOf(at));
}

/** Figures of which more is better: the others are not judged over time. Each is known by name from here on. */
async function figuresIn(tx: Tx, runs: readonly string[]): Promise<readonly Counted[]> {
  const touched = await tx
    .selectFrom('metric')
    .select(['series', 'name', 'unit', sql<number>`at - at % ${sql.lit(hour)}`.as('hour')])
    .distinct()
    .where('run', 'in', [...runs])
    .where('better', '=', 'higher')
    .execute();
  const found: Counted[] = [];
  for (const some of Map.groupBy(touched, ({ series, name }) => metricId(Number(series), name)).values()) {
    const [first] = some;
    if (!first) continue;
    const [series, name] = [Number(first.series), first.name];
    const figure = { id: metricId(series, name), series, name, unit: first.unit };
    await tx
      .insertInto('figure')
      .values(figure)
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ unit: figure.unit }))
      .execute();
    found.push({
      id: figure.id,
      hours: hoursOf(some),
      tries: (range) => values(tx, figure, range),
      forget: async ({ from, to, runs: of = [] }) => {
        const old = tx.deleteFrom('metric').where('series', '=', series).where('name', '=', name);
        await old
          .where('at', '>=', from)
          .where('at', '<', to)
          .where('run', 'in', [...of])
          .execute();
      },
    });
  }
  return found;
}

/** One of each walk, the last that it noted; of a walk that goes on into the next hour, the value is there. */
async function values(tx: Tx, { series, name }: Tables['figure'], { from, to, runs }: Range) {
  let query = tx
    .selectFrom('metric')
    .innerJoin('walk', 'walk.id', 'metric.walk')
    .innerJoin('run', 'run.id', 'metric.run')
    .select(['metric.at', 'metric.walk', 'metric.value'])
    .where('metric.series', '=', series)
    .where('metric.name', '=', name)
    .where('metric.at', '>=', from)
    .where('metric.at', '<', to + hour)
    .where(judgeable);
  if (runs) query = query.where('metric.run', 'in', [...runs]);
  const last = new Map((await query.orderBy('metric.at').execute()).map((row) => [row.walk, row]));
  const tries = [...last.values()].filter(({ at }) => Number(at) < to);
  return Map.groupBy(
    tries.map(({ at, value }) => ({ at, ms: value, status: 'passed' })),
    ({ at }) => hourOf(at),
  );
}

/** Figures of one series that hours are kept of go to another; resolves to the ids of their cells, before and after. */
export async function moveFigures(tx: Tx, from: number, to: number): Promise<readonly (readonly [number, number])[]> {
  const figures = await tx.selectFrom('figure').selectAll().where('series', '=', from).execute();
  for (const { name, unit } of figures)
    await tx
      .insertInto('figure')
      .values({ id: metricId(to, name), series: to, name, unit })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
  await tx.deleteFrom('figure').where('series', '=', from).execute();
  return figures.map(({ id, name }) => [Number(id), metricId(to, name)] as const);
}
