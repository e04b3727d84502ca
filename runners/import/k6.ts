import { SpecError } from '../../core/errors.ts';
import { median } from '../../judge/order.ts';
import type { Imported } from './sample.ts';

interface Point {
  readonly type?: string;
  readonly metric?: string;
  readonly data?: {
    readonly time?: string;
    readonly value?: number;
    readonly type?: string;
    readonly contains?: string;
    readonly tags?: Readonly<Record<string, string>>;
  };
}

const minute = 60_000;

/** Times of a k6 run (`--out json`), the median of each minute of each metric and request name. Throws SpecError with the line at fault. */
export function readK6Points(text: string, file: string): readonly Imported[] {
  const times = new Set<string>();
  const groups = new Map<string, { metric: string; name: string; at: number; values: number[] }>();
  const faults: { message: string; place: { file: string; line: number; column: number } }[] = [];
  for (const [n, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    let point: Point;
    try {
      point = JSON.parse(line) as Point;
    } catch (error) {
      faults.push({
        message: error instanceof Error ? error.message : 'no JSON',
        place: { file, line: n + 1, column: 1 },
      });
      continue;
    }
    const { type, metric = '', data } = point;
    if (type === 'Metric' && data?.contains === 'time') times.add(metric);
    if (type !== 'Point' || !times.has(metric) || typeof data?.value !== 'number') continue;
    const at = Math.floor(Date.parse(data.time ?? '') / minute) * minute;
    if (!Number.isFinite(at)) continue;
    const name = data.tags?.name ?? data.tags?.step ?? '';
    const key = `${metric} ${name} ${at}`;
    const group = groups.get(key) ?? { metric, name, at, values: [] };
    groups.set(key, group);
    group.values.push(data.value);
  }
  if (faults.length > 0) throw new SpecError(faults.slice(0, 5));
  return [...groups.values()].map(({ metric, name, at, values }) => ({
    journey: 'k6',
    step: name === '' ? metric : `${metric} ${name}`,
    at,
    ms: median(Float64Array.from(values)),
    failed: false,
    batch: String(at),
  }));
}

/** Medians of a k6 summary (`--summary-export`, handleSummary): one sample each at the time given. */
export function readK6Summary(summary: object, at: number): readonly Imported[] {
  const metrics =
    (summary as { metrics?: Record<string, { values?: Record<string, number>; med?: number; contains?: string }> })
      .metrics ?? {};
  return Object.entries(metrics).flatMap(([metric, { values, med = values?.med, contains }]) =>
    med === undefined || (contains !== undefined && contains !== 'time')
      ? []
      : [{ journey: 'k6', step: metric, at, ms: med, failed: false, batch: String(at) }],
  );
}
