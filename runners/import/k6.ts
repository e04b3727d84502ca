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
/** Faults that are told. */
const told = 5;

/** Times of a k6 run (`--out json`), the median of each minute of each metric and request name. Throws SpecError with the lines at fault. */
export async function readK6Points(lines: AsyncIterable<string>, file: string): Promise<readonly Imported[]> {
  const times = new Set<string>();
  const groups = new Map<string, { metric: string; name: string; at: number; values: number[] }>();
  const faults: { message: string; place: { file: string; line: number; column: number } }[] = [];
  let n = 0;
  for await (const line of lines) {
    n += 1;
    if (line.trim() === '') continue;
    let point: Point;
    try {
      point = JSON.parse(n === 1 ? line.replace(/^\uFEFF/, '') : line) as Point;
    } catch (error) {
      const message = error instanceof Error ? error.message : 'no JSON';
      faults.push({ message, place: { file, line: n, column: 1 } });
      if (faults.length >= told) break;
      continue;
    }
    const { type, metric = '', data } = point;
    if (type === 'Metric' && data?.contains === 'time') times.add(metric);
    if (type !== 'Point' || !times.has(metric) || typeof data?.value !== 'number' || data.value < 0) continue;
    const at = Math.floor(Date.parse(data.time ?? '') / minute) * minute;
    if (!Number.isFinite(at)) continue;
    const name = data.tags?.name ?? data.tags?.step ?? '';
    const key = `${metric} ${name} ${at}`;
    const group = groups.get(key) ?? { metric, name, at, values: [] };
    groups.set(key, group);
    group.values.push(data.value);
  }
  if (faults.length > 0) throw new SpecError(faults);
  return [...groups.values()].map(({ metric, name, at, values }) => ({
    journey: 'k6',
    step: name === '' ? metric : `${metric} ${name}`,
    at,
    ms: median(Float64Array.from(values)),
    failed: false,
    batch: String(at),
  }));
}

/** One metric of a summary: of `--summary-export` flat, of `handleSummary` with `values`, of a list with its name. */
interface Metric {
  readonly name?: string;
  readonly contains?: string;
  readonly med?: unknown;
  readonly values?: { readonly med?: unknown };
}
type Metrics = Readonly<Record<string, Metric>> | readonly Metric[];
interface Summary {
  readonly metrics?: Metrics;
  readonly results?: { readonly metrics?: Metrics };
  readonly metadata?: { readonly generated_at?: string; readonly generatedAt?: string };
}

/** Medians of a k6 summary, whichever of its forms: one sample each, at its own time or else at the one given. */
export function readK6Summary(summary: object, otherwise: number): readonly Imported[] {
  const { metrics: flat, results, metadata } = summary as Summary;
  const metrics = flat ?? results?.metrics ?? {};
  const said = Date.parse(metadata?.generated_at ?? metadata?.generatedAt ?? '');
  const undated = !Number.isFinite(said);
  const at = undated ? otherwise : said;
  const named = Array.isArray(metrics)
    ? (metrics as readonly Metric[]).map((one): [string, Metric] => [one.name ?? 'metric', one])
    : Object.entries(metrics as Readonly<Record<string, Metric>>);
  return named.flatMap(([metric, { contains, values, med = values?.med }]) =>
    typeof med !== 'number' || !(med >= 0) || (contains !== undefined && contains !== 'time')
      ? []
      : [
          {
            journey: 'k6',
            step: metric,
            at,
            ms: med,
            failed: false,
            batch: String(at),
            ...(undated ? { undated } : {}),
          },
        ],
  );
}
