import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Speaker } from '../../../telephony/speaking/speaker.ts';

const folder = mkdtempSync(join(tmpdir(), 'throughline-speech-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const text = 'Thank you for calling Acme Bank.';
const dbov = (samples: Int16Array) =>
  20 * Math.log10(Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length) / 32_768);

test.each(['espeak-ng', 'babble'] as const)(
  '%s: the same text sounds the same, at the level of a phone line',
  async (engine) => {
    const settings = { engine, voice: 'en-gb', speed: 160, folder };
    const samples = await new Speaker(settings).speak(text);
    expect(samples.length / 8000).toBeGreaterThan(1.2);
    expect(samples.length / 8000).toBeLessThan(3);
    expect(dbov(samples)).toBeGreaterThan(-32);
    expect(dbov(samples)).toBeLessThan(-22);
    expect(await new Speaker(settings).speak(`  ${text.replace(' ', '\n')}`)).toEqual(samples);
    expect((await new Speaker(settings).speak('Something else.')).length).not.toBe(samples.length);
  },
);

test('a rendered text is kept once, as WAV', async () => {
  expect(readdirSync(folder).filter((name) => name.endsWith('.wav'))).toHaveLength(2);
});

test('nothing to say and too much to say', async () => {
  const speaker = new Speaker({ engine: 'espeak-ng', voice: 'en-gb', speed: 160, folder });
  expect(() => speaker.speak('  ')).toThrow('cannot speak 0 characters');
  expect(() => speaker.speak('a'.repeat(5000))).toThrow('cannot speak 5000 characters');
});
