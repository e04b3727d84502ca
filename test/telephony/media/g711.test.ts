import { expect, test } from 'vitest';
import { g711 } from '../../../telephony/media/g711.ts';

/** G.711 tables 1a and 2a: for each segment the first quantised value and the step between its sixteen values. */
const tables = {
  PCMA: {
    scale: 8,
    segments: [
      [1, 2],
      [33, 2],
      [66, 4],
      [132, 8],
      [264, 16],
      [528, 32],
      [1056, 64],
      [2112, 128],
    ],
  },
  PCMU: {
    scale: 4,
    segments: [
      [0, 2],
      [33, 4],
      [99, 8],
      [231, 16],
      [495, 32],
      [1023, 64],
      [2079, 128],
      [4191, 256],
    ],
  },
} as const;

test.each(['PCMA', 'PCMU'] as const)('%s decodes all 256 codes to the values of the Recommendation', (law) => {
  const { decode } = g711(law);
  const { scale, segments } = tables[law];
  const codes = Uint8Array.from({ length: 256 }, (_, n) => n);
  const flip = law === 'PCMA' ? 0x55 : 0x7f;
  for (const [code, value] of decode(codes).entries()) {
    const plain = code ^ flip;
    const [first, step] = segments[(plain >> 4) & 7]!;
    const magnitude = (first + step * (plain & 15)) * scale;
    expect(value, `code ${code}`).toBe(code & 0x80 ? magnitude : 0 - magnitude);
  }
});

test.each(['PCMA', 'PCMU'] as const)('%s encodes each of its values back to the same code', (law) => {
  const { decode, encode } = g711(law);
  const codes = Uint8Array.from({ length: 256 }, (_, n) => n);
  const again = encode(decode(codes));
  const negativeZero = law === 'PCMU' ? 0x7f : -1;
  for (const code of codes) expect(again[code], `code ${code}`).toBe(code === negativeZero ? 0xff : code);
});

test.each(['PCMA', 'PCMU'] as const)('%s takes every sample to the code of its decision interval', (law) => {
  const { scale, segments } = tables[law];
  const flip = law === 'PCMA' ? 0x55 : 0x7f;
  const all = Int16Array.from({ length: 65_536 }, (_, n) => n - 32_768);
  const wrong = [...g711(law).encode(all)].filter((code, n) => {
    const sample = all[n]!;
    // One's complement for negative values, as G.191 has it.
    const magnitude = sample < 0 ? ~sample : sample;
    const plain = code ^ flip;
    const [first, step] = segments[(plain >> 4) & 7]!;
    const low = (first - step / 2 + step * (plain & 15)) * scale;
    const top = (plain & 0x7f) === 0x7f;
    return code & 0x80 ? sample < 0 || outside() : sample >= 0 || outside();
    function outside() {
      return magnitude < low || (!top && magnitude >= low + step * scale);
    }
  });
  expect(wrong).toEqual([]);
});

test('silence is what the laws call it', () => {
  expect([g711('PCMU').silence, g711('PCMA').silence]).toEqual([0xff, 0xd5]);
});
