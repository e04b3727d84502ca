import { SpecError } from '../../core/errors.ts';
import type { Interleaved } from '../../judge/interleaved.ts';
import type { Request } from './request.ts';
import type { Table } from './rows.ts';
import { type Series, side } from './series.ts';

/** The pairs of a series, oldest first; rows without a pair or a side, and pairs that lack a side, are left out and counted. */
export function interleavedOf(
  { name, better, times, values, pairs, sides }: Series,
  table: Table,
  request: Request,
): { readonly trial: Interleaved; readonly left: number } {
  if (!table.has.has('side') || table.has.has('outcome'))
    throw new SpecError(
      table.has.has('outcome') ? 'pairs have values, not outcomes' : 'pairs need to know which of the two is which',
      table.has.has('outcome')
        ? 'leave out the column outcome, or judge without the column pair'
        : 'a column side with baseline and candidate',
    );
  const found = new Map<number, { before?: number; after?: number; at?: number }>();
  let samples = 0;
  for (let i = 0; i < values.length; i++) {
    const [value, which] = [values[i]!, sides[i]!];
    if (Number.isNaN(value)) continue;
    samples += 1;
    if (pairs[i]! < 0 || which === side.none || (request.scale === 'log' && value <= 0)) continue;
    const key = pairs[i]!;
    const pair = found.get(key) ?? {};
    const end = which === side.baseline ? 'before' : 'after';
    if (pair[end] !== undefined)
      throw new SpecError(
        `pair ${table.pairNames[key]} of ${name} has two values on one side`,
        'a pair is one baseline and one candidate sample of a series',
      );
    pair[end] = value;
    if (end === 'after') pair.at = times[i]!;
    found.set(key, pair);
  }
  const whole = [...found.values()].filter(({ before, after }) => before !== undefined && after !== undefined);
  const before = Float64Array.from(whole, (pair) => pair.before!);
  const after = Float64Array.from(whole, (pair) => pair.after!);
  const positive = [...before, ...after].every((value) => value > 0);
  const at = whole.map((pair) => pair.at!).sort((a, b) => a - b);
  return {
    trial: {
      series: name,
      before,
      after,
      scale: request.scale === 'auto' ? (positive ? 'log' : 'linear') : request.scale,
      better,
      from: at[0] ?? Number.NaN,
      to: at.at(-1) ?? Number.NaN,
    },
    left: samples - 2 * whole.length,
  };
}
