import type { Note } from '../../core/event.ts';

/** Runs in the page: collects what the browser measures (W3C LCP, Layout Instability, Event Timing). */
const collector = `(() => {
  const vitals = { lcp: 0, cls: 0, inp: 0 };
  Object.defineProperty(window, '__throughlineVitals', { value: vitals, configurable: true });
  const watch = (type, each) => { try { new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true, durationThreshold: 40 }); } catch {} };
  watch('largest-contentful-paint', (entry) => { vitals.lcp = entry.startTime; });
  watch('layout-shift', (entry) => { if (!entry.hadRecentInput) vitals.cls += entry.value; });
  watch('event', (entry) => { if (entry.interactionId) vitals.inp = Math.max(vitals.inp, entry.duration); });
})()`;

export const vitalsScript = collector;

interface Vitals {
  readonly ttfb: number;
  readonly fcp: number;
  readonly load: number;
  readonly lcp: number;
  readonly cls: number;
  readonly inp: number;
}

/** What the browser measured of the page so far; ms, and a number for layout shift. Nothing when the page is gone. */
export async function vitalsOf(evaluate: (expression: string) => Promise<unknown>): Promise<readonly Note[]> {
  const read = `(() => {
    const [nav] = performance.getEntriesByType('navigation');
    const fcp = performance.getEntriesByName('first-contentful-paint')[0];
    return { ttfb: nav?.responseStart ?? 0, load: nav?.loadEventEnd ?? 0, fcp: fcp?.startTime ?? 0, ...window.__throughlineVitals };
  })()`;
  const vitals = (await evaluate(read).catch(() => undefined)) as Vitals | undefined;
  if (!vitals) return [];
  const metric = (name: string, value: number, unit: string): Note => ({
    type: 'metric',
    name,
    value: Math.round(value * 1000) / 1000,
    unit,
  });
  const times = (['ttfb', 'fcp', 'lcp', 'load', 'inp'] as const)
    .filter((name) => vitals[name] > 0)
    .map((name) => metric(name, vitals[name], 'ms'));
  return [...times, metric('cls', vitals.cls ?? 0, '')];
}
