import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Listener } from '../../../telephony/hearing/listener.ts';
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

test('once an utterance has told what the line carries, the next are named while they play', () => {
  const all = new Map(known.map((one) => [one.name, one]));
  const over = (pcm: Int16Array) => carried(pcm, 800, 2500);
  const heardBy = (listener: Listener, pcm: Int16Array) => {
    for (const chunk of line(silence(500), over(pcm), silence(1500))) {
      const found = listener.push(chunk, chunk.at + chunk.samples.length / 8);
      if (found) return found;
    }
    return undefined;
  };
  const wanted = (name: string) => ({ for: 'prompt', names: [name], named: true }) as const;
  const [first, ...next] = long.slice(0, 6);
  const before = new Listener(wanted(first!.name), all);
  const heard = heardBy(before, first!.pcm);
  expect(heard!.knownAt - 500).toBeGreaterThan(all.get(first!.name)!.ms);
  expect(before.passband).toEqual({ from: 6, to: 16 });
  for (const { name, pcm } of next) {
    const named = heardBy(new Listener(wanted(name), all, before.passband), pcm);
    expect(named).toMatchObject({ kind: 'prompt', name });
    expect(named!.knownAt - 500).toBeLessThan(1500);
    expect(heardBy(new Listener(wanted(first!.name), all, before.passband), pcm)).toBeUndefined();
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
