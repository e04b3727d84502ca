import { SpecError } from '../core/errors.ts';
import { writeWav } from '../telephony/evidence/wav.ts';
import { reference } from '../telephony/hearing/reference.ts';
import { changedWording, decide } from '../telephony/hearing/verdict.ts';
import { audioOf } from '../telephony/media/resample.ts';

/** A prompt as it is and as it would be. */
interface Review {
  readonly name: string;
  readonly before: { readonly text: string; readonly samples: Int16Array };
  readonly text: string;
  readonly samples: Int16Array;
  /** Stretches of the old one that the new one does not have, ms. */
  readonly changed: readonly { readonly from: number; readonly to: number }[];
  readonly sentence: string;
}

/** Compares two recordings of one prompt as `voice.hear` would. Throws SpecError for one that cannot be read. */
export function compared(
  { name, text: words }: { readonly name: string; readonly text: string },
  { before, after, text }: { readonly before: Uint8Array; readonly after: Uint8Array; readonly text: string },
): Review {
  const [old, fresh] = [samplesOf(before, name), samplesOf(after, 'the new recording')];
  const known = reference(name, old, words);
  const heard = reference('new', fresh).patch;
  const same = decide([{ reference: known, score: 0.76, offset: 0 }], heard);
  const found = same && same.changed.length === 0 ? same : changedWording([known], heard);
  const changed = found?.changed ?? [];
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  const where = changed.map(({ from, to }) => `${seconds(from)} to ${seconds(to)}`).join(' and ');
  const sentence = found
    ? changed.length === 0
      ? `“${words}”: the new recording says the same, and would be recognised`
      : `“${words}”: other words from ${where}`
    : `“${words}”: the new recording is another one altogether, or another voice`;
  return { name, before: { text: words, samples: old }, text, samples: fresh, changed, sentence };
}

function samplesOf(bytes: Uint8Array, name: string): Int16Array {
  try {
    return audioOf(bytes, 0);
  } catch (error) {
    throw new SpecError(`${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const wide = 900;
const high = 90;

/** Loudness over time as one shape, changed stretches behind it. */
function wave(samples: Int16Array, changed: Review['changed'], longest: number): string {
  const columns = Math.max(1, Math.round((wide * samples.length) / longest));
  const step = samples.length / columns;
  const peaks = Array.from({ length: columns }, (_, n) => {
    let peak = 0;
    for (let at = Math.floor(n * step); at < (n + 1) * step; at += 1) peak = Math.max(peak, Math.abs(samples[at] ?? 0));
    return (peak / 32_768) * (high / 2 - 2) + 1;
  });
  const x = (ms: number) => ((ms * 8 * wide) / longest).toFixed(1);
  const marks = changed
    .map(({ from, to }) => `<rect x="${x(from)}" y="0" width="${x(to - from)}" height="${high}"/>`)
    .join('');
  const bars = peaks.map((peak, n) => `M${n} ${(high / 2 - peak).toFixed(1)}v${(2 * peak).toFixed(1)}`).join('');
  return `<svg viewBox="0 0 ${wide} ${high}" role="img" aria-label="loudness over time">${marks}<path d="${bars}"/></svg>`;
}

const audio = (samples: Int16Array) =>
  `<audio controls src="data:audio/wav;base64,${Buffer.from(writeWav({ rate: 8000, channels: [samples] })).toString('base64')}"></audio>`;

/** Old and new side by side: to hear, to read, to see what changed. One file, nothing loaded from elsewhere. */
export function reviewPage({ name, before, text, samples, changed, sentence }: Review): string {
  const longest = Math.max(before.samples.length, samples.length);
  const side = (title: string, words: string, sound: Int16Array, marks: Review['changed']) =>
    `<section><h2>${title}</h2><p>${escaped(words)}</p>${wave(sound, marks, longest)}${audio(sound)}</section>`;
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escaped(name)}</title>
<style>:root{color-scheme:light dark;--ink:#1d1c1a;--paper:#fbfaf8;--line:#e4e1db;--mark:#f3d9a4;--wave:#2f5fa8}@media (prefers-color-scheme:dark){:root{--ink:#eceae5;--paper:#151514;--line:#34332f;--mark:#5a4620;--wave:#86aef0}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);margin:0 auto;max-width:960px;padding:28px 20px}h1{font-size:26px;margin:0 0 6px}h2{font-size:17px;margin:0}section{border-top:1px solid var(--line);padding:18px 0}
p{margin:4px 0 10px}svg{width:100%;display:block}path{stroke:var(--wave);stroke-width:1}rect{fill:var(--mark)}audio{width:100%;margin-top:8px}</style>
<h1>${escaped(name)}</h1><p>${escaped(sentence)}</p>
${side('As it is', before.text, before.samples, changed)}${side('As it would be', text, samples, [])}</html>
`;
}
