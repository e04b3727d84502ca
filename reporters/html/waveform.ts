import { readFileSync } from 'node:fs';
import { html, type Markup } from './markup.ts';

const bins = 240;
const high = 36;

/** Peaks of a 16-bit PCM wav, each channel above the other. Nothing for any other file. */
export function waveform(path: string): Markup | undefined {
  const bytes = readFileSync(path);
  if (
    bytes.length < 44 ||
    bytes.toString('latin1', 0, 4) !== 'RIFF' ||
    bytes.readUInt16LE(20) !== 1 ||
    bytes.readUInt16LE(34) !== 16
  )
    return undefined;
  const channels = bytes.readUInt16LE(22);
  const start = bytes.indexOf('data', 12, 'latin1') + 8;
  const frames = Math.floor((bytes.length - start) / (2 * channels));
  if (start < 8 || frames < 1 || channels < 1) return undefined;
  const lanes = Array.from({ length: channels }, (_, channel) => {
    const middle = high * channel + high / 2;
    const peaks = Array.from({ length: bins }, (_unused, bin) => {
      let peak = 0;
      const [from, to] = [Math.floor((bin * frames) / bins), Math.floor(((bin + 1) * frames) / bins)];
      for (let frame = from; frame < to; frame += 1)
        peak = Math.max(peak, Math.abs(bytes.readInt16LE(start + 2 * (frame * channels + channel))));
      const size = Math.max(0.5, (peak / 32768) * (high / 2 - 1));
      return `M${bin * 2 + 1} ${(middle - size).toFixed(1)}V${(middle + size).toFixed(1)}`;
    });
    return html`<path d="${peaks.join('')}" stroke="${channel === 0 ? 'var(--mark)' : 'var(--bar)'}" stroke-width="1.4"/>`;
  });
  return html`<svg viewBox="0 0 ${bins * 2} ${high * channels}" width="100%" height="${high * channels}" preserveAspectRatio="none" role="img" aria-label="waveform">${lanes}</svg>`;
}
