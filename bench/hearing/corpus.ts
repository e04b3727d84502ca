import { readdirSync, readFileSync } from 'node:fs';
import { findRigid } from '../../telephony/hearing/match.ts';
import { type Reference, reference } from '../../telephony/hearing/reference.ts';
import { g711 } from '../../telephony/media/g711.ts';
import { audioOf } from '../../telephony/media/resample.ts';
import { random } from '../../test/kit/sound.ts';

export interface Prompt {
  readonly name: string;
  readonly pcm: Int16Array;
  readonly known: Reference;
}

export type Change = (pcm: Int16Array, seed: number) => Int16Array;

const { encode, decode } = g711('PCMU');
export const line = (pcm: Int16Array) => decode(encode(pcm));
export const quiet = (ms: number) => new Int16Array(ms * 8);
export const share = (part: number, all: number) => (100 * part) / Math.max(1, all);
export const at = (values: readonly number[], q: number) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? 0;

export function load(folder: string): readonly Prompt[] {
  const files = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.wav'));
  return files.sort().flatMap((name) => {
    try {
      const pcm = audioOf(readFileSync(`${folder}/${name}`));
      return [{ name, pcm, known: reference(name, pcm) }];
    } catch {
      // Silences and blips under 150 ms cannot be enrolled.
      return [];
    }
  });
}

export function draw(prompts: readonly Prompt[], count: number, seed: number): readonly Prompt[] {
  const next = random(seed);
  return Array.from({ length: count }, () => prompts[Math.floor(next() * prompts.length)]!);
}

/** Two files may hold the same recording. */
export const same = (a: Prompt, b: Prompt): boolean =>
  a === b || (Math.abs(a.known.ms - b.known.ms) <= 20 && findRigid(a.known.patch, b.known.patch).score > 0.99);
