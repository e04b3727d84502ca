import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PromptListener } from '../../../telephony/hearing/prompt-listener.ts';
import { reference } from '../../../telephony/hearing/reference.ts';
import { audioOf } from '../../../telephony/media/resample.ts';
import { join } from '../../../telephony/media/tones.ts';
import { addPink, carried, lose } from '../../kit/sound.ts';
import { line, silence } from './stage.ts';

/** Debian's asterisk-core-sounds-en-wav (test/peers/packages.json); the tables over all of it are `npm run bench hearing`. */
const folder = '/usr/share/asterisk/sounds/en_US_f_Allison';
const prompts = readdirSync(folder)
  .filter((file) => file.startsWith('vm-') && file.endsWith('.wav'))
  .sort()
  .map((name) => ({ name, pcm: audioOf(readFileSync(`${folder}/${name}`)) }));
const known = prompts.map(({ name, pcm }) => reference(name, pcm));
const long = prompts.filter((_, n) => known[n]!.ms > 2500);

function listen(expected: string, pcm: Int16Array) {
  const listener = new PromptListener(
    known.filter(({ name }) => name === expected),
    known,
  );
  for (const chunk of line(silence(1000), pcm, silence(2000))) {
    const found = listener.push(chunk, chunk.at + 100);
    if (found) return found;
  }
  return undefined;
}

test('recorded prompts are verified among all others, on clean and on bad lines', () => {
  expect(prompts.length).toBeGreaterThan(80);
  for (const [n, { name, pcm }] of prompts.filter((_, n) => n % 12 === 0).entries()) {
    for (const heard of [pcm, lose(pcm, { share: 0.05, seed: n + 1 }), addPink(pcm, { snr: 12, seed: n + 1 })])
      expect(listen(name, heard)).toMatchObject({ kind: 'prompt', name, changed: [] });
  }
});

test('on a line that lost the lows, or lows and highs, prompts are verified, others named, other words found', () => {
  for (const [low, high] of [
    [600, 4000],
    [800, 2500],
  ] as const) {
    for (const [n, { name, pcm }] of long.slice(0, 2).entries()) {
      expect(listen(name, carried(pcm, low, high))).toMatchObject({ kind: 'prompt', name, changed: [] });
      expect(listen(long[n + 7]!.name, carried(pcm, low, high))).toMatchObject({ kind: 'other', name });
      const other = long[n + 9]!.pcm.subarray(8 * 500, 8 * 1300);
      const mixed = join([pcm.subarray(0, 6400), other, pcm.subarray(6400 + other.length)]);
      const heard = listen(name, carried(mixed, low, high));
      expect(heard?.kind === 'prompt' && heard.changed.length > 0, name).toBe(true);
    }
  }
});

test('another prompt than the expected one is named', () => {
  for (const [n, { name, pcm }] of long.slice(0, 6).entries())
    expect(listen(long[n + 7]!.name, pcm)).toMatchObject({ kind: 'other', name });
});

test('800 ms of other words are found', () => {
  for (const [n, { name, pcm }] of long.slice(0, 6).entries()) {
    const at = 8 * 800;
    const other = long[n + 9]!.pcm.subarray(8 * 500, 8 * 1300);
    const heard = listen(name, join([pcm.subarray(0, at), other, pcm.subarray(at + other.length)]));
    expect(heard?.kind === 'prompt' && heard.changed.length > 0, name).toBe(true);
  }
});
