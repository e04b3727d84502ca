import { html, type Markup } from './markup.ts';
import type { Sound } from './sound.ts';

/** A moment on the axis, ms from the first sample. */
export interface Mark {
  readonly at: number;
  readonly kind: 'target' | 'limit' | 'came';
  readonly label: string;
}

const width = 520;
const high = 34;
const left = 44;
const bins = 240;
/** Room for the labels of marks above, and for the axis below. */
const [above, below] = [14, 16];

/** Peaks of a sound over a time axis, each channel a lane of its own: heard above, said below. */
export function waveform(
  sound: Sound,
  { from = 0, marks = [] }: { readonly from?: number; readonly marks?: readonly Mark[] } = {},
): Markup {
  const ms = (sound.frames / sound.rate) * 1000;
  const x = (at: number) => left + (Math.min(ms, Math.max(0, at)) / ms) * (width - left);
  const top = marks.length > 0 ? above : 0;
  const bottom = top + high * sound.channels;
  const lanes = Array.from({ length: sound.channels }, (_, channel) => {
    const middle = top + high * channel + high / 2;
    const stroke = channel === 0 ? 'var(--mark)' : 'var(--said)';
    const name = sound.channels === 2 ? ['heard', 'said'][channel] : 'sound';
    return html`<text x="0" y="${middle + 4}">${name}</text><path d="${peaks(sound, { channel, middle, x })}" stroke="${stroke}" stroke-width="1.4"/>`;
  });
  const ticks = ticksOf(from, ms).map(
    (at, n) =>
      html`<line x1="${x(at)}" x2="${x(at)}" y1="${bottom}" y2="${bottom + 4}" stroke="var(--soft)"/><text x="${x(at)}" y="${bottom + 14}" text-anchor="middle">${Number(((at + from) / 1000).toFixed(1))}${n === 0 ? ' s' : ''}</text>`,
  );
  const drawn = marks.map(({ at, kind, label }) => {
    const near = x(at) > width - 90;
    const dash = kind === 'limit' ? html` stroke-dasharray="2 3"` : '';
    const stroke = kind === 'target' ? 'var(--mark)' : kind === 'limit' ? 'var(--failed)' : 'var(--s)';
    return html`<line x1="${x(at)}" x2="${x(at)}" y1="3" y2="${bottom}" stroke="${stroke}" stroke-width="2"${dash}/><text x="${x(at) + (near ? -4 : 4)}" y="10" text-anchor="${near ? 'end' : 'start'}">${label}</text>`;
  });
  const base = html`<line x1="${left}" x2="${width}" y1="${bottom}" y2="${bottom}" stroke="var(--line)"/>`;
  return html`<svg viewBox="0 0 ${width} ${bottom + below}" width="100%" style="max-width:${width}px" role="img" aria-label="waveform">${lanes}${base}${ticks}${drawn}</svg>`;
}

function peaks(
  { bytes, channels, frames, rate }: Sound,
  { channel, middle, x }: { channel: number; middle: number; x: (at: number) => number },
): string {
  const lines = Array.from({ length: bins }, (_, bin) => {
    const [from, to] = [Math.floor((bin * frames) / bins), Math.floor(((bin + 1) * frames) / bins)];
    let peak = 0;
    for (let frame = from; frame < to; frame += 1)
      peak = Math.max(peak, Math.abs(bytes.readInt16LE(2 * (frame * channels + channel))));
    const size = Math.max(0.5, Math.sqrt(peak / 32_768) * (high / 2 - 2));
    return `M${x(((from + to) / 2 / rate) * 1000).toFixed(1)} ${(middle - size).toFixed(1)}V${(middle + size).toFixed(1)}`;
  });
  return lines.join('');
}

/** At most eight round times of the whole, ms from the first sample. */
function ticksOf(from: number, ms: number): readonly number[] {
  const step = [200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000].find((each) => ms / each <= 8) ?? 300_000;
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.floor((from + ms - first) / step) + 1 }, (_, n) => first + n * step - from);
}
