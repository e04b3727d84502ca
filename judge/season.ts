import { ascending, clip, median, quantile, spread } from './order.ts';

const hour = 3_600_000;
const day = 24 * hour;

/** Local hour of the week at a time: 0 is Sunday, 0 o'clock. */
export type Wall = (at: number) => number;

/** A wall clock of an IANA zone; offsets are looked up once a quarter of an hour. */
export function wallOf(zone: string): Wall {
  if (zone === 'UTC') return (at) => Math.floor(at / hour + 96) % 168;
  const form = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    hourCycle: 'h23',
  });
  const names = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
  const known = new Map<number, number>();
  return (at) => {
    const quarter = Math.floor(at / 900_000);
    const found = known.get(quarter);
    if (found !== undefined) return found;
    const parts = form.formatToParts(quarter * 900_000);
    const text = (type: string) => parts.find((part) => part.type === type)?.value ?? '0';
    const made = names.indexOf(text('weekday')) * 24 + Number(text('hour'));
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
 * 48 cells (weekday or weekend × hour): cell medians shrunk to hour and class, smoothed around the clock, the whole pattern
 * shrunk by a James-Stein factor that is 0 where there is no pattern.
 */
export function seasonOf(times: Float64Array, aboveLevel: Float64Array, wall: Wall): Season {
  if (!canHaveSeason(times)) return none;
  const cells = Array.from({ length: 48 }, () => [] as number[]);
  for (let i = 0; i < times.length; i++) cells[cellOf(wall(times[i]!))]!.push(aboveLevel[i]!);
  const middle = (values: readonly number[]) => (values.length > 0 ? quantile(ascending(values), 0.5) : 0);
  const offsets = [0, 1].map((kind) => middle(cells.slice(kind * 24, kind * 24 + 24).flat()));
  const hours = Array.from({ length: 24 }, (_, h) =>
    middle([0, 1].flatMap((kind) => cells[kind * 24 + h]!.map((value) => value - offsets[kind]!))),
  );
  const rough = cells.map((values, cell) => {
    const expected = hours[cell % 24]! + offsets[Math.floor(cell / 24)]!;
    return (values.length * middle(values) + 4 * expected) / (values.length + 4);
  });
  const smooth = rough.map((value, cell) => {
    const kind = cell - (cell % 24);
    return value / 2 + rough[kind + ((cell + 23) % 24)]! / 4 + rough[kind + ((cell + 1) % 24)]! / 4;
  });
  const rest = Float64Array.from(aboveLevel, (value, i) => value - smooth[cellOf(wall(times[i]!))]!);
  const sigma = spread(rest);
  let noise = 0;
  let pattern = 0;
  smooth.forEach((value, cell) => {
    const weight = cell < 24 ? 5 : 2;
    noise += (weight * 1.57 * sigma * sigma * 0.375) / Math.max(1, cells[cell]!.length);
    pattern += weight * value * value;
  });
  const share = pattern > 0 ? clip(1 - noise / pattern, 0, 1) : 0;
  if (share === 0) return none;
  return { found: true, at: (time) => share * smooth[cellOf(wall(time))]! };
}

function cellOf(hourOfWeek: number): number {
  const weekend = hourOfWeek < 24 || hourOfWeek >= 144;
  return (weekend ? 24 : 0) + (hourOfWeek % 24);
}
