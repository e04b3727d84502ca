import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWav } from '../../telephony/evidence/wav.ts';
import { output } from './program.ts';
import { spokenWords } from './spoken.ts';

const model = '/usr/share/pocketsphinx/model/en-us';
const install = 'sudo apt-get install --no-install-recommends pocketsphinx pocketsphinx-en-us';
const phones =
  'AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH'.split(' ');
/** A sentence must fit better than any series of sounds does, or nearly: score a frame of 10 ms (audio.md 3.2). */
const least = -2;
const wide = ['-bestpath', 'no', '-beam', '1e-80', '-wbeam', '1e-60', '-pbeam', '1e-80'];

/**
 * Which of some sentences was said, or none of them (''): a grammar of the sentences against a free loop over all
 * sounds. It hears what it expects, so it says which, never whether the words were exact.
 */
export async function choose(
  samples: Int16Array,
  {
    among,
    signal,
    timeout,
  }: { readonly among: readonly string[]; readonly signal: AbortSignal; readonly timeout: number },
): Promise<string> {
  const sentences = new Map(among.map((text) => [spokenWords(text).join(' '), text] as const));
  const folder = await mkdtemp(join(tmpdir(), 'throughline-sphinx-'));
  try {
    await writeFile(join(folder, 'speech.wav'), writeWav({ rate: 16_000, channels: [doubled(samples)] }));
    await writeFile(join(folder, 'list'), 'speech\n');
    await writeFile(join(folder, 'words.dict'), await dictionary([...sentences.keys()]));
    await writeFile(join(folder, 'words.jsgf'), grammar(`( ${[...sentences.keys()].join(' | ')} )`));
    await writeFile(join(folder, 'sounds.dict'), phones.map((one) => `p${one} ${one}\n`).join(''));
    await writeFile(join(folder, 'sounds.jsgf'), grammar(`( ${phones.map((one) => `p${one}`).join(' | ')} )+`));
    const decode = (what: string) => decoded(folder, what, { timeout, signal });
    const [words, sounds] = await Promise.all([decode('words'), decode('sounds')]);
    if (!words || !sounds || (words.score - sounds.score) / words.frames < least) return '';
    return sentences.get(words.text) ?? '';
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const grammar = (rule: string): string => `#JSGF V1.0;\ngrammar g;\npublic <s> = ${rule};\n`;

async function decoded(folder: string, what: string, { timeout, signal }: { timeout: number; signal: AbortSignal }) {
  const files = [`${what}.hyp`, `${what}.seg`].map((file) => join(folder, file));
  const [hyp, seg] = files as [string, string];
  await output(
    [
      'pocketsphinx_batch',
      ...['-hmm', join(model, 'en-us'), '-dict', join(folder, `${what}.dict`), '-jsgf', join(folder, `${what}.jsgf`)],
      ...['-ctl', join(folder, 'list'), '-adcin', 'yes', '-adchdr', '44', '-cepdir', folder, '-cepext', '.wav'],
      ...['-hyp', hyp, '-hypseg', seg, '-logfn', '/dev/null', ...wide],
    ],
    timeout,
    signal,
  ).catch((error: unknown) => {
    signal.throwIfAborted();
    const said = error instanceof Error ? error.message : String(error);
    throw new Error(`pocketsphinx: ${said}${/no program/.test(said) ? ` (${install})` : ''}`);
  });
  const [text = '', segments = ''] = await Promise.all(
    [hyp, seg].map((path) => readFile(path, 'utf8').catch(() => '')),
  );
  const [, score, frames] = / A (-?\d+) L .*? (\d+)\s*$/s.exec(segments) ?? [];
  if (score === undefined) return undefined;
  return {
    text: text.replace(/\s*\(speech[^)]*\)\s*$/, '').trim(),
    score: Number(score),
    frames: Math.max(1, Number(frames)),
  };
}

/** The entries of the words that occur. Throws when one is not there. */
async function dictionary(sentences: readonly string[]): Promise<string> {
  const words = new Set(sentences.flatMap((sentence) => sentence.split(' ')));
  const found = new Set<string>();
  const lines: string[] = [];
  const path = join(model, 'cmudict-en-us.dict');
  const all = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Error(`pocketsphinx: ${error instanceof Error ? error.message : String(error)} (${install})`);
  });
  for (const line of all.split('\n')) {
    const word = line.slice(0, line.indexOf(' ')).replace(/\(\d+\)$/, '');
    if (!words.has(word)) continue;
    found.add(word);
    lines.push(line);
  }
  const missing = [...words].filter((word) => !found.has(word));
  if (missing.length > 0)
    throw new Error(`pocketsphinx does not know how to say ${missing.join(', ')}; use words of its dictionary`);
  return `${lines.join('\n')}\n`;
}

/**
 * To 16 kHz with the mirror image of the spectrum at half its level: the model expects something above 4 kHz, and knows
 * telephone speech better with it than without (audio.md 3.1).
 */
function doubled(samples: Int16Array): Int16Array {
  const taps = Float64Array.from({ length: 33 }, (_, n) => {
    const x = n - 16;
    const sinc = x === 0 ? (2 * 3900) / 16_000 : Math.sin((2 * Math.PI * 3900 * x) / 16_000) / (Math.PI * x);
    return sinc * (0.54 - 0.46 * Math.cos((2 * Math.PI * n) / 32));
  });
  const sum = taps.reduce((all, tap) => all + tap, 0);
  return Int16Array.from({ length: samples.length * 2 }, (_, n) => {
    let filtered = 0;
    for (let k = (n & 1) === 0 ? 0 : 1; k < 33; k += 2) filtered += taps[k]! * (samples[(n + 16 - k) >> 1] ?? 0);
    const plain = (n & 1) === 0 ? samples[n >> 1]! : 0;
    return Math.max(-32_768, Math.min(32_767, Math.round(filtered / sum + plain / 2)));
  });
}
