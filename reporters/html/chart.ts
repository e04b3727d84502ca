import { when } from '../../core/headline.ts';
import { type Course, type Marker, type Point, valuesOf } from './course.ts';
import { html, type Markup } from './markup.ts';
import { scaleOf } from './scale.ts';

const wide = 460;
const plot = 92;
const side = { left: 58, right: 12 } as const;
/** Room for one name of a marker above, and for the dates below. */
const [nameHigh, below] = [15, 18];
/** Names above one another at most; further markers are lines only. */
const rows = 3;
/** Where each run has a commit of its own there would be more lines than dots. */
const most = 4;
/** A chart of fewer says nothing. */
const few = 3;

/** A step's history: dots (runs are not continuous), the usual band, the target, and change markers as dashed verticals. Nothing when there is no history. */
export function historyChart(course: Course | undefined, about = 'this step'): Markup | undefined {
  if (!course || course.points.length < few) return undefined;
  const { points, target, band, markers } = course;
  const text = valuesOf(course);
  const values = points.flatMap(({ ms }) => (ms === undefined ? [] : [ms]));
  if (values.length === 0) return undefined;
  const near = target !== undefined && target < Math.max(...values) * 3 ? [target] : [];
  const scale = scaleOf([...values, ...near]);
  const shown = placed(markers, points);
  const named = Math.min(rows, shown.length);
  const top = 6 + named * nameHigh;
  const y = (value: number) => round(top + (1 - scale.share(value)) * plot);
  const line = top + plot;
  const right = wide - side.right;
  const parts = [
    scale.ticks.map(
      (value) =>
        html`<line x1="${side.left}" x2="${right}" y1="${y(value)}" y2="${y(value)}" stroke="var(--line)"/><text x="${side.left - 6}" y="${y(value) + 4}" text-anchor="end">${text(value)}</text>`,
    ),
    band &&
      html`<rect x="${side.left}" width="${right - side.left}" y="${y(band.high)}" height="${Math.max(2, round(y(band.low) - y(band.high)))}" fill="var(--passed)" opacity=".16"/>`,
    near.length > 0 &&
      html`<line x1="${side.left}" x2="${right}" y1="${y(near[0] ?? 0)}" y2="${y(near[0] ?? 0)}" stroke="var(--mark)" stroke-width="1.5"/>`,
    shown.map(
      ({ x }, n) =>
        html`<line x1="${x}" x2="${x}" y1="${6 + Math.min(n, rows) * nameHigh}" y2="${line}" stroke="var(--degraded)" stroke-dasharray="3 3"/>`,
    ),
    points.map((point, n) => dotOf(point, { x: across(n, points.length), y, top, text })),
    near.length > 0 &&
      html`<text class="over" x="${side.left + 3}" y="${y(near[0] ?? 0) - 4}">target ${text(near[0] ?? 0)}</text>`,
    shown
      .slice(0, rows)
      .map(
        ({ x, name }, n) =>
          html`<text class="over" x="${x > wide / 2 ? x - 4 : x + 4}" y="${12 + n * nameHigh}" text-anchor="${x > wide / 2 ? 'end' : 'start'}">${short(name)}<title>${name}</title></text>`,
      ),
    datesOf(points, line + 14),
  ];
  const caption = captionOf(course, { about, log: scale.log });
  return html`<figure class="chart"><figcaption>${caption}</figcaption><svg viewBox="0 0 ${wide} ${line + below}" width="100%" role="img" aria-label="${caption}">${parts}</svg></figure>`;
}

const across = (n: number, all: number) =>
  round(side.left + 6 + (n / Math.max(1, all - 1)) * (wide - side.left - side.right - 12));

function dotOf(
  { at, ms, ours }: Point,
  {
    x,
    y,
    top,
    text,
  }: {
    readonly x: number;
    readonly y: (value: number) => number;
    readonly top: number;
    readonly text: (value: number) => string;
  },
): Markup {
  const said = `${when(at)} UTC: ${ms === undefined ? 'failed' : text(ms)}`;
  if (ms === undefined)
    return html`<text class="fail" x="${x}" y="${top + 8}" text-anchor="middle">✕<title>${said}</title></text>`;
  return ours
    ? html`<circle cx="${x}" cy="${y(ms)}" r="4" fill="var(--s)" stroke="var(--card)"><title>${said}</title></circle>`
    : html`<circle cx="${x}" cy="${y(ms)}" r="2.8" fill="var(--dot)"><title>${said}</title></circle>`;
}

interface Placed extends Marker {
  readonly x: number;
}

/** Between the last dot before it and the first after it; what lies outside of the dots is not shown. */
function placed(markers: readonly Marker[], points: readonly Point[]): readonly Placed[] {
  const [first, last] = [points[0]?.at ?? 0, points.at(-1)?.at ?? 0];
  const within = markers.filter(({ at }) => at > first && at <= last).toSorted((a, b) => a.at - b.at);
  const set = within.filter(({ name }) => !name.startsWith('commit '));
  const commits = within.filter(({ name }) => name.startsWith('commit '));
  return [...set, ...commits.slice(-Math.max(1, most - set.length))]
    .toSorted((a, b) => a.at - b.at)
    .map((marker) => ({
      ...marker,
      x: round(
        across(
          points.findIndex(({ at }) => at >= marker.at),
          points.length,
        ) -
          (across(1, points.length) - across(0, points.length)) / 2,
      ),
    }));
}

function datesOf(points: readonly Point[], y: number): Markup {
  const [first, last] = [when(points[0]?.at ?? 0), when(points.at(-1)?.at ?? 0)];
  const day = first.slice(0, 10) === last.slice(0, 10);
  return html`<text x="${side.left}" y="${y}">${first}</text><text x="${wide - side.right}" y="${y}" text-anchor="end">${day ? last.slice(11) : last}</text>`;
}

const short = (name: string) => (name.length > 40 ? `${name.slice(0, 38)} …` : name);

function captionOf(course: Course, { about, log }: { readonly about: string; readonly log: boolean }): string {
  const { points, band, change } = course;
  const text = valuesOf(course);
  const usually = band ? `: usually ${text(band.low)} to ${text(band.high)}` : '';
  const ours = points.filter((point) => point.ours).length;
  const range =
    change?.low !== undefined && change.high !== undefined
      ? ` (95 % CI ${change.low.toFixed(2)} to ${change.high.toFixed(2)})`
      : '';
  const now = change ? `; now ×${change.ratio.toFixed(2)}${range}, ${ours} against ${points.length - ours}` : '';
  const failed = points.filter(({ ms }) => ms === undefined).length;
  const lost = failed > 0 ? `; ✕ failed in ${failed}` : '';
  return `${about}, last ${points.length} walks${usually}${now}${lost}${log ? ' (logarithmic)' : ''}`;
}

const round = (value: number) => Math.round(value * 10) / 10;
