import { createHash } from 'node:crypto';

const rate = 8000;
/** Share of its pitch by which a syllable falls: a voice holds no note. */
const fall = 0.2;
const ms = (length: number): number => Math.round((rate * length) / 1000);

/**
 * Sounds like speech to a machine, and to nobody else: each word has its own syllables, the same text always the same
 * sound. For places without a speech engine.
 */
export function babble(text: string): Int16Array {
  const words = text.toLowerCase().match(/[\p{L}\p{N}']+|[.?!]/gu) ?? [];
  const pieces = words.flatMap((word) => (/[.?!]/.test(word) ? [new Int16Array(ms(250))] : spoken(word)));
  const all = new Int16Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function spoken(word: string): Int16Array[] {
  const seeds = createHash('sha256').update(word).digest();
  const syllables = Math.max(1, Math.ceil(word.length / 3));
  const sounds = Array.from({ length: syllables }, (_, n) => syllable(seeds.subarray(n * 3, n * 3 + 4)));
  return [...sounds, new Int16Array(ms(40))];
}

/** A buzz of a voice's pitch, which falls, through two formants, with a soft start and end. */
function syllable(seed: Uint8Array): Int16Array {
  const [a = 0, b = 0, c = 0, d = 0] = seed;
  const samples = new Int16Array(ms(110 + (a % 90)));
  const [low, high, pitch] = [300 + b * 2, 900 + c * 6, 100 + (d % 40)];
  const fade = ms(18);
  for (let n = 0; n < samples.length; n++) {
    const t = (n / rate) * (1 - (fall * n) / samples.length / 2);
    const now = pitch * (1 - (fall * n) / samples.length);
    let sum = 0;
    for (let k = 1; k * pitch < 3400; k++) {
      const hz = k * now;
      const gain = Math.exp(-(((hz - low) / 140) ** 2)) + 0.6 * Math.exp(-(((hz - high) / 180) ** 2));
      sum += gain * Math.sin(2 * Math.PI * k * pitch * t);
    }
    samples[n] = Math.round(4000 * sum * Math.min(1, n / fade, (samples.length - n) / fade));
  }
  return samples;
}
