import { type Course, valuesOf } from './course.ts';
import { html, type Markup } from './markup.ts';
import { type Scale, scaleOf } from './scale.ts';

const wide = 460;
const side = { left: 92, right: 14 } as const;
const lane = 46;
const top = 16;

/** How the durations before and after lie on one axis: each a dot, the middle half in a box, the median named. Nothing without two of each. */
export function spread(course: Course): Markup | undefined {
  const { points } = course;
  const text = valuesOf(course);
  const of = (ours: boolean) =>
    points.flatMap((point) => (point.ours === ours && point.ms !== undefined ? [point.ms] : []));
  const [before, after] = [of(false), of(true)];
  if (before.length < 2 || after.length < 2) return undefined;
  const scale = scaleOf([...before, ...after]);
  const x = (value: number) => round(side.left + scale.share(value) * (wide - side.left - side.right));
  const bottom = top + 2 * lane;
  const parts = [
    ticks(scale, { x, bottom, text }),
    row('before', before, { x, y: top, dot: 'var(--dot)', text }),
    row('after', after, { x, y: top + lane, dot: 'var(--s)', text }),
  ];
  const caption = `before and after: each walk a dot, the middle half in the box, the line its median${scale.log ? ' (logarithmic)' : ''}`;
  return html`<figure class="chart"><figcaption>${caption}</figcaption><svg viewBox="0 0 ${wide} ${bottom + 20}" width="100%" role="img" aria-label="${`median ${text(median(before))} before, ${text(median(after))} after`}">${parts}</svg></figure>`;
}

type Texts = (value: number) => string;

interface Placing {
  readonly x: (value: number) => number;
  readonly y: number;
  readonly dot: string;
  readonly text: Texts;
}

function ticks(
  scale: Scale,
  { x, bottom, text }: { readonly x: (value: number) => number; readonly bottom: number; readonly text: Texts },
): readonly Markup[] {
  return scale.ticks.map(
    (value) =>
      html`<line x1="${x(value)}" x2="${x(value)}" y1="${top}" y2="${bottom + 3}" stroke="var(--line)"/><text x="${x(value)}" y="${bottom + 15}" text-anchor="middle">${text(value)}</text>`,
  );
}

function row(name: string, values: readonly number[], { x, y, dot, text }: Placing): readonly Markup[] {
  const sorted = values.toSorted((a, b) => a - b);
  const quartile = (share: number) => sorted[Math.round((sorted.length - 1) * share)] ?? 0;
  const middle = y + lane / 2;
  const [low, high, half] = [x(quartile(0.25)), x(quartile(0.75)), x(median(values))];
  const dots = sorted.map(
    (value, n) =>
      html`<circle cx="${x(value)}" cy="${round(middle + [0, -6, 6, -3, 3][n % 5]!)}" r="2.6" fill="${dot}"/>`,
  );
  return [
    html`<text x="0" y="${middle}">${name}</text><text x="0" y="${middle + 13}">${values.length} walks</text>`,
    html`<rect x="${low}" width="${Math.max(1, round(high - low))}" y="${middle - 11}" height="22" rx="2" fill="none" stroke="var(--soft)"/>`,
    ...dots,
    html`<line x1="${half}" x2="${half}" y1="${middle - 14}" y2="${middle + 14}" stroke="var(--ink)" stroke-width="1.8"/><text class="over" x="${half}" y="${middle - 16}" text-anchor="middle">${text(median(values))}</text>`,
  ];
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1] ?? 0, sorted[sorted.length >> 1] ?? 0];
  return (low + high) / 2;
}

const round = (value: number) => Math.round(value * 10) / 10;
