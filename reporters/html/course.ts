import { showMs } from '../../core/duration.ts';
import type { Finding } from '../../core/event.ts';
import type { Json, JsonObject } from '../../core/json.ts';

export interface Point {
  /** Epoch ms. */
  readonly at: number;
  /** Duration, or a figure in the unit of the course; absent where the step failed. */
  readonly ms?: number;
  /** Of the run that is told, or on trial; the others are what is usual. */
  readonly ours: boolean;
}

export interface Marker {
  /** Epoch ms. */
  readonly at: number;
  readonly name: string;
}

/** How long one step took, walk after walk, oldest first: what a history chart draws. */
export interface Course {
  readonly points: readonly Point[];
  /** Of figures instead of durations; may be empty. */
  readonly unit?: string;
  /** ms */
  readonly target?: number;
  /** Between which 90 % of the usual ones lie, ms. */
  readonly band?: { readonly low: number; readonly high: number };
  readonly markers: readonly Marker[];
  /** After over before with its 95 % interval, and on how many it stands. */
  readonly change?: { readonly ratio: number; readonly low?: number; readonly high?: number };
}

/** The course behind a finding, as its details carry it; nothing where they carry none. */
export function courseOf({ details }: Pick<Finding, 'details'>): Course | undefined {
  if (!details) return undefined;
  const points = objects(details.points).flatMap(({ at, ms, side }): Point[] =>
    typeof at === 'number' && typeof ms === 'number' ? [{ at, ms, ours: side === 'candidate' }] : [],
  );
  if (points.length === 0) return undefined;
  const { target, ratio, low, high, unit } = details;
  const [band] = objects([details.band ?? null]);
  return {
    points,
    markers: objects(details.markers).flatMap(({ at, name }) =>
      typeof at === 'number' ? [{ at, name: String(name ?? '') }] : [],
    ),
    ...(typeof target === 'number' ? { target } : {}),
    ...(typeof unit === 'string' ? { unit } : {}),
    ...(typeof band?.low === 'number' && typeof band.high === 'number'
      ? { band: { low: band.low, high: band.high } }
      : {}),
    ...(typeof ratio === 'number'
      ? {
          change: {
            ratio,
            ...(typeof low === 'number' ? { low } : {}),
            ...(typeof high === 'number' ? { high } : {}),
          },
        }
      : {}),
  };
}

function objects(value: Json | undefined): readonly JsonObject[] {
  if (!Array.isArray(value)) return [];
  return value.filter(
    (one: Json): one is JsonObject => typeof one === 'object' && one !== null && !Array.isArray(one),
  ) as JsonObject[];
}

/** How the values of a course are written. */
export const valuesOf =
  ({ unit }: Pick<Course, 'unit'>) =>
  (value: number): string =>
    unit === undefined
      ? showMs(value)
      : `${Number(value.toPrecision(3))}${unit === '' || unit === 'MOS' ? '' : ` ${unit}`}`;
