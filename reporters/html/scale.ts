/** Places values on a picture: linear, or logarithmic where they pass one decade. */
export interface Scale {
  readonly log: boolean;
  /** Share of the way from the lowest to the highest, 0 to 1. */
  readonly share: (value: number) => number;
  /** Round values within, lowest first. */
  readonly ticks: readonly number[];
}

/** A scale from a sensible floor to a little above the highest: zero, unless all lie close together far above it. */
export function scaleOf(values: readonly number[]): Scale {
  const positive = values.filter((value) => value > 0);
  const [least, most] = [Math.min(...positive), Math.max(...positive)];
  if (positive.length === 0) return { log: false, share: () => 0, ticks: [0] };
  if (most / least > 10) {
    const [bottom, top] = [Math.log(least * 0.8), Math.log(most * 1.2)];
    const share = (value: number) => clamp((Math.log(Math.max(value, Number.MIN_VALUE)) - bottom) / (top - bottom));
    return { log: true, share, ticks: thinned(logTicks(least * 0.8, most * 1.2)) };
  }
  const low = least > most / 2 ? Math.max(0, least - (most - least)) : 0;
  const step = roundStep((most * 1.05 - low) / 4);
  const bottom = Math.floor(low / step) * step;
  const top = Math.max(most * 1.05, bottom + step);
  const ticks = Array.from({ length: Math.floor((top - bottom) / step + 1e-9) + 1 }, (_, n) => bottom + n * step);
  return { log: false, share: (value) => clamp((value - bottom) / (top - bottom)), ticks };
}

const clamp = (share: number) => Math.min(1, Math.max(0, share));

/** 1, 2 or 5 times a power of ten, at least as large. */
function roundStep(size: number): number {
  const decade = 10 ** Math.floor(Math.log10(size));
  return ([1, 2, 5, 10].find((each) => each * decade >= size * 0.999) ?? 10) * decade;
}

function logTicks(bottom: number, top: number): readonly number[] {
  const first = Math.floor(Math.log10(bottom));
  const decades = Array.from({ length: Math.ceil(Math.log10(top)) - first + 1 }, (_, n) => 10 ** (first + n));
  return decades.flatMap((decade) => [decade, 2 * decade, 5 * decade]).filter((at) => at >= bottom && at <= top);
}

/** At most five, decades before others. */
function thinned(ticks: readonly number[]): readonly number[] {
  if (ticks.length <= 5) return ticks;
  const decades = ticks.filter((at) => /^1(0*|e.*)$/.test(String(at)) || /^0\.0*1$/.test(String(at)));
  const kept = decades.length >= 2 ? decades : ticks.filter((_, n) => n % 2 === 0);
  const every = Math.ceil(kept.length / 5);
  return kept.filter((_, n) => n % every === 0);
}
