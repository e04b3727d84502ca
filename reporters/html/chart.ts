import { showMs } from '../../core/duration.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { html, type Markup } from './markup.ts';

interface Dot {
  readonly at: number;
  readonly ms: number;
  readonly late: boolean;
}

const wide = 460;
const high = 120;
const pad = { left: 44, right: 8, top: 18, bottom: 16 };

/** A step's history: dots (runs are not continuous), the usual band, the target, and change markers as dashed verticals. Nothing when there is no history. */
export function historyChart(details: JsonObject | undefined): Markup | undefined {
  const dots = dotsOf(details?.points);
  if (dots.length < 3 || !details) return undefined;
  const values = dots.map(({ ms }) => ms);
  const target = typeof details.target === 'number' ? details.target : undefined;
  const band = bandOf(details.band);
  const all = [...values, ...(band ? [band.low, band.high] : [])].filter((value) => value > 0);
  const log = Math.max(...all) / Math.min(...all) > 10;
  const top = Math.max(...all, target !== undefined && target < Math.max(...all) * 3 ? target : 0) * 1.08;
  const bottom = log ? Math.min(...all) * 0.9 : 0;
  const y = (value: number) => {
    const share = log ? Math.log(value / bottom) / Math.log(top / bottom) : (value - bottom) / (top - bottom);
    return round(pad.top + (1 - Math.min(1, Math.max(0, share))) * (high - pad.top - pad.bottom));
  };
  const [first, last] = [dots[0]?.at ?? 0, dots.at(-1)?.at ?? 1];
  const x = (n: number) => round(pad.left + (n / Math.max(1, dots.length - 1)) * (wide - pad.left - pad.right));
  const place = (at: number) => x(Math.max(0, dots.findIndex((dot) => dot.at >= at) - 0.5));
  const parts = [
    band &&
      html`<rect x="${pad.left}" width="${wide - pad.left - pad.right}" y="${y(band.high)}" height="${Math.max(2, y(band.low) - y(band.high))}" fill="var(--passed)" opacity=".13"/>`,
    target !== undefined &&
      target <= top &&
      html`<line x1="${pad.left}" x2="${wide - pad.right}" y1="${y(target)}" y2="${y(target)}" stroke="var(--mark)" stroke-width="1.5"/><text x="${wide - pad.right}" y="${y(target) - 4}" text-anchor="end">target ${showMs(target)}</text>`,
    markersOf(details.markers)
      .filter(({ at }) => at >= first && at <= last)
      .map(
        ({ at, name }) =>
          html`<line x1="${place(at)}" x2="${place(at)}" y1="12" y2="${high - pad.bottom}" stroke="var(--degraded)" stroke-dasharray="3 3"/><text x="${place(at) - 4}" y="11" text-anchor="end">${name}</text>`,
      ),
    ticks(bottom, top, log).map(
      (value) => html`<text x="${pad.left - 6}" y="${y(value) + 4}" text-anchor="end">${showMs(value)}</text>`,
    ),
    dots.map(
      ({ ms, late }, n) =>
        html`<circle cx="${x(n)}" cy="${y(ms)}" r="${late ? 3.6 : 2.8}" fill="${late ? 'var(--degraded)' : 'var(--bar)'}"/>`,
    ),
  ];
  const caption = captionOf(details, dots.length);
  return html`<figure><figcaption>${caption}</figcaption><svg viewBox="0 0 ${wide} ${high}" width="100%" role="img" aria-label="${caption}">${parts}</svg></figure>`;
}

function captionOf({ band, before, after, ratio, low, high: upper }: JsonObject, count: number): string {
  const usual = bandOf(band);
  const usually = usual ? `: usually ${showMs(usual.low)} to ${showMs(usual.high)}` : '';
  const share = typeof ratio === 'number' ? ` ×${ratio.toFixed(2)}` : '';
  const range =
    typeof low === 'number' && typeof upper === 'number' ? ` (95 % CI ${low.toFixed(2)} to ${upper.toFixed(2)})` : '';
  const n = (side: Json | undefined) =>
    typeof side === 'object' && side !== null && 'n' in side ? Number(side.n) : undefined;
  const sizes = n(before) !== undefined && n(after) !== undefined ? `, ${n(after)} runs against ${n(before)}` : '';
  return `this step, last ${count} runs${usually}${share ? `; now${share}${range}${sizes}` : ''}`;
}

const ticks = (bottom: number, top: number, log: boolean) =>
  log ? [bottom * 1.12, Math.sqrt(bottom * top), top / 1.08] : [0, top / 2.16, top / 1.08];

function dotsOf(value: Json | undefined): readonly Dot[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one: Json) => {
    if (typeof one !== 'object' || one === null || Array.isArray(one)) return [];
    const { at, ms, side } = one as JsonObject;
    return typeof at === 'number' && typeof ms === 'number' ? [{ at, ms, late: side === 'candidate' }] : [];
  });
}

function bandOf(value: Json | undefined): { readonly low: number; readonly high: number } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { low, high: top } = value as JsonObject;
  return typeof low === 'number' && typeof top === 'number' ? { low, high: top } : undefined;
}

function markersOf(value: Json | undefined): readonly { readonly at: number; readonly name: string }[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one: Json) => {
    const { at, name } = (one ?? {}) as JsonObject;
    return typeof at === 'number' ? [{ at, name: String(name ?? '') }] : [];
  });
}

const round = (value: number) => Math.round(value * 10) / 10;
