import { Histogram } from './histogram.ts';
import type { Tables } from './tables.ts';

/** An hour or a day of one series. Durations in ms; those of flaky, failed and timed-out tries are not among them. */
export interface Cell {
  /** Start, epoch ms. */
  readonly at: number;
  readonly n: number;
  readonly failed: number;
  /** Passed, later than their target. */
  readonly late: number;
  readonly sum: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly times: Histogram;
}

export interface Try {
  readonly ms: number | null;
  readonly status: string;
}

export function cellOf(at: number, tries: readonly Try[]): Cell {
  const times = tries.flatMap(({ ms }) => (ms === null ? [] : [ms]));
  return {
    at,
    n: tries.length,
    failed: tries.length - times.length,
    late: tries.filter(({ status, ms }) => status === 'degraded' && ms !== null).length,
    sum: times.reduce((sum, ms) => sum + ms, 0),
    min: times.reduce<number | null>((least, ms) => (least === null || ms < least ? ms : least), null),
    max: times.reduce<number | null>((most, ms) => (most === null || ms > most ? ms : most), null),
    times: Histogram.of(times),
  };
}

/** Exact: as if all tries had been counted together. */
export function merged(at: number, cells: readonly Cell[]): Cell {
  const times = new Histogram();
  for (const cell of cells) times.merge(cell.times);
  const sum = (of: (cell: Cell) => number) => cells.reduce((all, cell) => all + of(cell), 0);
  const mins = cells.flatMap(({ min }) => (min === null ? [] : [min]));
  const maxes = cells.flatMap(({ max }) => (max === null ? [] : [max]));
  return {
    at,
    n: sum(({ n }) => n),
    failed: sum(({ failed }) => failed),
    late: sum(({ late }) => late),
    sum: sum((cell) => cell.sum),
    min: mins.length === 0 ? null : Math.min(...mins),
    max: maxes.length === 0 ? null : Math.max(...maxes),
    times,
  };
}

/** A duration of the cell: within 1 %, and never beyond what was seen. */
export function quantileOf({ times, min, max }: Cell, p: number): number | null {
  if (min === null || max === null) return null;
  return Math.min(max, Math.max(min, times.quantile(p)));
}

/** As a row: one duration, or many alike, need no histogram. */
export function rowOf(series: number, grain: 'h' | 'd', { times, ...cell }: Cell): Tables['rollup'] {
  return { series, grain, ...cell, hist: cell.min === cell.max ? null : times.encode() };
}

export function cellOfRow({ at, n, failed, late, sum, min, max, hist }: Tables['rollup']): Cell {
  const times = hist === null ? new Histogram() : Histogram.decode(hist);
  if (hist === null && min !== null && n > failed) times.add(min, n - failed);
  return { at, n, failed, late, sum, min, max, times };
}
