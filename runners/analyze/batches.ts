import { inflationOf } from '../../judge/dependence.ts';
import type { Scale } from '../../judge/judgement.ts';
import { median } from '../../judge/order.ts';
import type { Series } from './series.ts';

/** How batches came about: a column, gaps in time, or not at all (each sample its own). */
export type Splitting = 'given' | 'gaps' | 'none';

const gap = 8;

/** The batch of each row. Without a column a pause of more than eight usual spacings begins a new one. */
export function batchesOf(
  { batches, times }: Series,
  names: readonly string[],
): { readonly names: readonly string[]; readonly how: Splitting } {
  if (batches.some((batch) => batch >= 0))
    return { names: Array.from(batches, (batch, i) => (batch < 0 ? `row ${i}` : names[batch]!)), how: 'given' };
  const steps: number[] = [];
  for (let i = 1; i < times.length; i++) steps.push(times[i]! - times[i - 1]!);
  const usual = median(steps);
  if (usual === 0) return { names: Array.from(times, (time) => `at ${time}`), how: 'gaps' };
  const pauses = steps.filter((step) => step > gap * usual).length;
  if (pauses < 2) return { names: Array.from(times, (_, i) => `row ${i}`), how: 'none' };
  let batch = 0;
  return {
    names: Array.from(times, (_, i) => `gap ${i > 0 && steps[i - 1]! > gap * usual ? ++batch : batch}`),
    how: 'gaps',
  };
}

/** Variance inflation of samples that follow each other; 1 below 20. */
export function persistence(values: Float64Array, scale: Scale): number {
  if (values.length < 20) return 1;
  return inflationOf(scale === 'log' ? values.map(Math.log) : values);
}
