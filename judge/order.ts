/** An ascending copy. */
export function ascending(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values as ArrayLike<number>).sort();
}

/** Type 7 quantile (linear) of ascending values; NaN when empty. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] ?? Number.NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? Number.NaN;
  return low === high ? low : low + (place - below) * (high - low);
}

/** The middle value, as quantile .5; by selection, because a judge asks for more medians than for anything else. */
export function median(values: ArrayLike<number>): number {
  const n = values.length;
  const copy = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    copy[i] = values[i]!;
    if (Number.isNaN(copy[i])) return quantile(ascending(values), 0.5);
  }
  if (n === 0) return Number.NaN;
  const upper = selected(copy, n >> 1);
  if (n % 2 === 1) return upper;
  let lower = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < n >> 1; i++) if (copy[i]! > lower) lower = copy[i]!;
  return lower === upper ? lower : lower + 0.5 * (upper - lower);
}

/** The value of place `k` in ascending order; leaves smaller ones before it (Hoare 1961, pivot of three). */
function selected(values: Float64Array, k: number): number {
  let low = 0;
  let high = values.length - 1;
  while (high > low) {
    const [a, b, c] = [values[low]!, values[(low + high) >> 1]!, values[high]!];
    const pivot = a < b ? (b < c ? b : a < c ? c : a) : a < c ? a : b < c ? c : b;
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i > j) break;
      const kept = values[i]!;
      values[i++] = values[j]!;
      values[j--] = kept;
    }
    if (k <= j) high = j;
    else if (k >= i) low = i;
    else break;
  }
  return values[k]!;
}

/** Robust standard deviation, 1.4826·MAD about `centre`; falls back to the mean deviation where more than half are equal. */
export function spread(values: ArrayLike<number>, centre = median(values)): number {
  const away = Float64Array.from(values as ArrayLike<number>, (value) => Math.abs(value - centre));
  const scale = 1.4826 * median(away);
  if (scale > 0 || away.length === 0) return scale;
  let sum = 0;
  for (const distance of away) sum += distance;
  return (1.2533 * sum) / away.length;
}

/**
 * `spread`, widened where the farther twentieth lies beyond what heavy tails explain (2.3 deviations, Laplace): two modes or a
 * skew are part of what is usual, and half of the values do not show them.
 */
export function broadSpread(values: ArrayLike<number>, centre = median(values)): number {
  const sorted = ascending(values);
  const far = Math.max(quantile(sorted, 0.95) - centre, centre - quantile(sorted, 0.05));
  return Math.max(spread(values, centre), far / 2.3 || 0);
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** Unbiased variance; 0 below two values. */
export function variance(values: ArrayLike<number>): number {
  if (values.length < 2) return 0;
  const centre = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i]! - centre) ** 2;
  return sum / (values.length - 1);
}

export function clip(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}
