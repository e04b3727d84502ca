import { clip, median, spread } from './order.ts';

const hour = 3_600_000;
const quarterHour = hour / 4;
const day = 24 * hour;

/** Local quarter of an hour of the week at a time: 0 begins on Sunday at 0 o'clock, 671 is the last. */
export type Wall = (at: number) => number;

/** A wall clock of an IANA zone; offsets are looked up once a quarter of an hour. */
export function wallOf(zone: string): Wall {
  if (zone === 'UTC') return (at) => (Math.floor(at / quarterHour) + 96 * 4) % 672;
  const form = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const names = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
  const known = new Map<number, number>();
  return (at) => {
    const quarter = Math.floor(at / quarterHour);
    const found = known.get(quarter);
    if (found !== undefined) return found;
    const parts = form.formatToParts(quarter * quarterHour);
    const text = (type: string) => parts.find((part) => part.type === type)?.value ?? '0';
    const hours = names.indexOf(text('weekday')) * 24 + Number(text('hour'));
    const made = hours * 4 + Math.floor(Number(text('minute')) / 15);
    known.set(quarter, made);
    return made;
  };
}

/** A daily pattern for weekdays and weekends, added to the level on the scale of the values. */
export interface Season {
  /** False when none was looked for or none was there. */
  readonly found: boolean;
  at(time: number): number;
}

const none: Season = { found: false, at: () => 0 };

/** Whether a series is long and dense enough to look for a daily pattern: 7 days of at least hourly samples. */
export function canHaveSeason(times: ArrayLike<number>): boolean {
  const n = times.length;
  if (n < 100) return false;
  const span = times[n - 1]! - times[0]!;
  return span >= 7 * day - 1.5 * hour && span / (n - 1) <= 1.25 * hour;
}

/** Running median over ± 84 hours on a 6-hour grid: what moves slower than the daily pattern. */
export function levelsOf(times: Float64Array, values: Float64Array): Float64Array {
  const levels = new Float64Array(values.length);
  const grid = 6 * hour;
  let low = 0;
  let high = 0;
  for (let i = 0; i < times.length; ) {
    const block = Math.floor(times[i]! / grid);
    const centre = (block + 0.5) * grid;
    while (times[low]! < centre - 84 * hour) low += 1;
    while (high < times.length && times[high]! <= centre + 84 * hour) high += 1;
    const level = median(thin(values, low, high));
    for (; i < times.length && Math.floor(times[i]! / grid) === block; i++) levels[i] = level;
  }
  return levels;
}

/** At most about 400 of values[low..high), evenly: a median does not need more. */
function thin(values: Float64Array, low: number, high: number): Float64Array {
  const stride = Math.max(1, Math.floor((high - low) / 400));
  if (stride === 1) return values.subarray(low, high);
  return Float64Array.from({ length: Math.floor((high - low) / stride) }, (_, i) => values[low + i * stride]!);
}

/**
 * Cells of weekday or weekend × hour (quarter of an hour where there is a sample in each): cell medians shrunk to hour and class, smoothed
 * around the clock, the whole pattern shrunk by a James-Stein factor that is 0 where there is no pattern. A day counts once in a cell: what
 * is sampled more often than that is alike.
 */
export function seasonOf(times: Float64Array, aboveLevel: Float64Array, wall: Wall): Season {
  if (!canHaveSeason(times)) return none;
  const spacing = (times.at(-1)! - times[0]!) / (times.length - 1);
  const parts = spacing <= 1.1 * quarterHour ? 96 : 24;
  const cellOf = (at: number) => {
    const quarter = wall(at);
    const weekend = quarter < 96 || quarter >= 576;
    return (weekend ? parts : 0) + Math.floor((quarter % 96) / (96 / parts));
  };
  const cells = Array.from({ length: 2 * parts }, () => [] as number[]);
  const days = Array.from(cells, () => ({ count: 0, last: Number.NaN }));
  for (let i = 0; i < times.length; i++) {
    const cell = cellOf(times[i]!);
    cells[cell]!.push(aboveLevel[i]!);
    const seen = days[cell]!;
    const date = Math.floor(times[i]! / hour);
    if (date !== seen.last) seen.count += 1;
    seen.last = date;
  }
  const smooth = smoothed(cells, parts);
  const rest = Float64Array.from(aboveLevel, (value, i) => value - smooth[cellOf(times[i]!)]!);
  const sigma = spread(rest);
  let noise = 0;
  let pattern = 0;
  smooth.forEach((value, cell) => {
    const weight = cell < parts ? 5 : 2;
    noise += (weight * 1.57 * sigma * sigma * 0.375) / Math.max(1, days[cell]!.count);
    pattern += weight * value * value;
  });
  const share = pattern > 0 ? clip(1 - noise / pattern, 0, 1) : 0;
  if (share === 0) return none;
  return { found: true, at: (time) => share * smooth[cellOf(time)]! };
}

/** Cell medians, shrunk to what hour and class say; each hour with half of its neighbours, quarters have samples enough to show a day that begins within one. */
function smoothed(cells: readonly (readonly number[])[], parts: number): readonly number[] {
  const middle = (values: readonly number[]) => (values.length > 0 ? median(values) : 0);
  const offsets = [0, 1].map((kind) => middle(cells.slice(kind * parts, kind * parts + parts).flat()));
  const hours = Array.from({ length: parts }, (_, h) =>
    middle([0, 1].flatMap((kind) => cells[kind * parts + h]!.map((value) => value - offsets[kind]!))),
  );
  const rough = cells.map((values, cell) => {
    const expected = hours[cell % parts]! + offsets[Math.floor(cell / parts)]!;
    return (values.length * middle(values) + 4 * expected) / (values.length + 4);
  });
  if (parts > 24) return rough;
  return rough.map((value, cell) => {
    const kind = cell - (cell % parts);
    return value / 2 + rough[kind + ((cell + parts - 1) % parts)]! / 4 + rough[kind + ((cell + 1) % parts)]! / 4;
  });
}
