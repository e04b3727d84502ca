import { expect, test } from 'vitest';
import { readWav, wavHeader, writeWav } from '../../../telephony/evidence/wav.ts';
import { audioOf, resample } from '../../../telephony/media/resample.ts';
import { sines } from '../../../telephony/media/tones.ts';
import { toneShare } from '../../kit/sound.ts';

const left = Int16Array.of(1, -2, 32_767);
const right = Int16Array.of(-32_768, 5);

test('two channels come back, the shorter one filled with silence', () => {
  const { rate, channels } = readWav(writeWav({ rate: 8000, channels: [left, right] }));
  expect(rate).toBe(8000);
  expect(channels).toEqual([left, Int16Array.of(-32_768, 5, 0)]);
});

test('a size that was never filled in goes to the end of the file', () => {
  const bytes = Buffer.concat([wavHeader(8000, 1), Buffer.from(Int16Array.of(7, 8, 9).buffer)]);
  expect(readWav(bytes).channels[0]).toEqual(Int16Array.of(7, 8, 9));
});

test('odd chunks, extensible formats and the laws are read', () => {
  const chunk = (name: string, body: Buffer) => {
    const head = Buffer.alloc(8);
    head.write(name);
    head.writeUInt32LE(body.length, 4);
    return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
  };
  const format = Buffer.alloc(40);
  format.writeUInt16LE(0xfffe, 0);
  format.writeUInt16LE(1, 2);
  format.writeUInt32LE(8000, 4);
  format.writeUInt16LE(8, 14);
  format.writeUInt16LE(7, 24);
  const file = (...chunks: Buffer[]) => Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVE'), ...chunks]);
  const data = chunk('data', Buffer.of(0xff, 0x80, 0x00));
  expect(readWav(file(chunk('LIST', Buffer.from('odd')), chunk('fmt ', format), data)).channels[0]).toEqual(
    Int16Array.of(0, 32_124, -32_124),
  );
  expect(() => readWav(file(data))).toThrow('whose data come before their format');
  expect(() => readWav(file(chunk('fmt ', format)))).toThrow('without data');
});

const header = (change: (bytes: Buffer) => void) => {
  const bytes = Buffer.from(writeWav({ rate: 8000, channels: [left] }));
  change(bytes);
  return bytes;
};

test.each([
  ['no WAV file: it begins with "ID3\\u0004"', Buffer.from('ID3\u0004 this is no wav at all')],
  [
    'a WAV file of format 85; 1 (PCM), 3 (float), 6 (A-law) and 7 (µ-law) can be read',
    header((b) => b.writeUInt16LE(85, 20)),
  ],
  ['a WAV file of 12 bits a sample; 8, 16, 24, 32 can be read', header((b) => b.writeUInt16LE(12, 34))],
  ['a WAV file of 0 channels; 1 to 8 can be read', header((b) => b.writeUInt16LE(0, 22))],
  ['a WAV file of 0 samples a second; 4000 to 192000 can be read', header((b) => b.writeUInt32LE(0, 24))],
  ['a WAV file with a format of 4 bytes; 16 are the least', header((b) => b.writeUInt32LE(4, 16))],
])('%s', (message, bytes) => {
  expect(() => readWav(bytes)).toThrow(message);
});

test.each([
  [1, 8, Buffer.of(0, 128, 255), [-32_768, 0, 32_512]],
  [1, 24, Buffer.of(0, 0, 128, 0, 0, 0, 255, 255, 127), [-32_768, 0, 32_767]],
  [1, 32, Buffer.from(Int32Array.of(-(2 ** 31), 0, 2 ** 31 - 1).buffer), [-32_768, 0, 32_767]],
  [3, 32, Buffer.from(Float32Array.of(-1, 0.5, 2, Number.NaN).buffer), [-32_768, 16_384, 32_767, 0]],
  [3, 64, Buffer.from(Float64Array.of(-1, 0.5, 2).buffer), [-32_768, 16_384, 32_767]],
])('format %i of %i bits', (tag, bits, data, samples) => {
  const head = Buffer.from(wavHeader(8000, 1, data.length));
  head.writeUInt16LE(tag, 20);
  head.writeUInt16LE(bits, 34);
  expect(readWav(Buffer.concat([head, data])).channels).toEqual([Int16Array.from(samples)]);
});

test('a file cut anywhere is read or refused in words', () => {
  const bytes = writeWav({ rate: 8000, channels: [left, right] });
  for (let n = 0; n < bytes.length; n++) {
    try {
      readWav(bytes.subarray(0, n));
    } catch (error) {
      expect((error as Error).name).toBe('WavError');
    }
  }
});

const rms = (pcm: Int16Array) => Math.sqrt(pcm.reduce((sum, x) => sum + x * x, 0) / pcm.length);

test.each([16_000, 22_050, 48_000])(
  'from %i Hz a tone of 3 kHz passes, one of 5 kHz does not come back as an alias',
  (from) => {
    const tone = (hz: number) =>
      Int16Array.from({ length: from }, (_, n) => 16_000 * Math.sin((2 * Math.PI * hz * n) / from));
    const passed = resample(tone(3000), from, 8000).subarray(1000, -1000);
    expect(20 * Math.log10(rms(passed) / (16_000 / Math.SQRT2))).toBeCloseTo(0, 1);
    expect(toneShare(passed, 3000)).toBeGreaterThan(0.999);
    expect(20 * Math.log10(rms(resample(tone(5000), from, 8000).subarray(1000, -1000)) / 16_000 + 1e-6)).toBeLessThan(
      -60,
    );
  },
);

test('any WAV is 8 kHz mono of one channel or the mean', () => {
  const [a, b] = [sines([500], 200), sines([1500], 200)];
  const bytes = writeWav({ rate: 8000, channels: [a, b] });
  expect(audioOf(bytes, 1)).toEqual(b);
  expect(audioOf(bytes)[301]).toBe(Math.round((a[301]! + b[301]!) / 2));
  expect(() => audioOf(bytes, 2)).toThrow('channel 2 of 2');
});
