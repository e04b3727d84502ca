/** Between the 5th and the 95th of a hundred; nothing for fewer than ten. */
export function bandOf(values: readonly number[]): { readonly low: number; readonly high: number } | undefined {
  if (values.length < 10) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { low: at(0.05), high: at(0.95) };
}
