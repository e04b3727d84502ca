import { longInflation } from '../../judge/dependence.ts';
import type { Scale } from '../../judge/judgement.ts';
import { median } from '../../judge/order.ts';
import type { Series } from './series.ts';

/** How batches came about: a column, gaps in time, or not at all (each sample its own). */
export type Splitting = 'given' | 'gaps' | 'none';

const gap = 8;

/** Names of rows that stand for themselves, each made once for all series: millions of samples would otherwise carry millions of texts. */
export function rowNames(): (i: number) => string {
  const made: string[] = [];
  return (i) => (made[i] ??= `row ${i}`);
}

/** The batch of each row. Without a column a pause of more than eight usual spacings begins a new one. */
export function batchesOf(
  { batches, times }: Series,
  names: readonly string[],
  row: (i: number) => string,
): { readonly names: readonly string[]; readonly how: Splitting } {
  if (batches.some((batch) => batch >= 0))
    return { names: Array.from(batches, (batch, i) => (batch < 0 ? row(i) : names[batch]!)), how: 'given' };
  const steps = Float64Array.from({ length: Math.max(0, times.length - 1) }, (_, i) => times[i + 1]! - times[i]!);
  const usual = median(steps);
  if (usual === 0) return { names: Array.from(times, (time) => `at ${time}`), how: 'gaps' };
  const pauses = steps.filter((step) => step > gap * usual).length;
  if (pauses < 2) return { names: Array.from(times, (_, i) => row(i)), how: 'none' };
  let batch = 0;
  let name = 'gap 0';
  const split = Array.from(times, (_, i) => {
    if (i > 0 && steps[i - 1]! > gap * usual) name = `gap ${++batch}`;
    return name;
  });
  return { names: split, how: 'gaps' };
}

/** Variance inflation of samples that follow each other on both sides; 1 below 20 of them before. */
export function persistence(sides: readonly Float64Array[], scale: Scale): number {
  if (sides[0]!.length < 20) return 1;
  return longInflation(sides.map((values) => (scale === 'log' ? values.map(Math.log) : values)));
}
