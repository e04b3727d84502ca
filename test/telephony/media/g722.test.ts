import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { g722 } from '../../../telephony/media/g722.ts';
import { random } from '../../kit/sound.ts';

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const bytesOf = (pcm: Int16Array) => new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength);

/** 2 s of 16 kHz, of whole numbers only: silence, soft and loud noise of all frequencies, then of low ones. */
function sound(): Int16Array {
  const next = random(722);
  let [low, level] = [0, 0];
  return Int16Array.from({ length: 32_000 }, (_, n) => {
    const noise = Math.trunc(next() * 20_001) - 10_000;
    low += (noise - low) >> 3;
    level = [0, 1, 40, 700, 1000][n >> 12] ?? 1000;
    return n < 20_480 ? Math.trunc((noise * level) / 1000) : low;
  });
}

/**
 * Made with `g722_encode` and `g722_decode` of Debian's libspandsp2 0.0.6 (64 kbit/s, options 0) over `sound()`:
 * an implementation that has nothing in common with ours but the Recommendation.
 */
const spandsp = {
  first: '79b4fc7cbc79fc5efab7fefa7eba7cd8f8f0bcf5db779af8',
  encoded: '55e25f1ad372bacfdada3dcbb08c75ecc533ccf2f3bd3b35b01392b90200a041',
  decoded: '83c92d44c32c4bd8d5e589f611c9c92bb7d690462c694231b6201faa7e937501',
} as const;

test('bit for bit what spandsp makes of the same sound, both ways', () => {
  const { encode, decode } = g722();
  const codes = encode(sound());
  expect(Buffer.from(codes.subarray(2100, 2124)).toString('hex')).toBe(spandsp.first);
  expect(hash(codes)).toBe(spandsp.encoded);
  expect(hash(bytesOf(decode(codes)))).toBe(spandsp.decoded);
});

test('it goes on over packets of any length, and overdriven sound is bounded, not turned over', () => {
  const pieces = g722();
  const all = sound();
  const codes: number[] = [];
  for (let at = 0, n = 0; at < all.length; n++) {
    const length = [160, 320, 2, 960][n % 4]!;
    codes.push(...pieces.encode(all.subarray(at, at + length)));
    at += length;
  }
  expect(hash(Uint8Array.from(codes))).toBe(spandsp.encoded);
  const { encode, decode } = g722();
  const square = Int16Array.from({ length: 3200 }, (_, n) => ((n >> 3) % 2 === 0 ? 32_767 : -32_768));
  const back = decode(encode(square));
  // The two halves of the filter delay by 22 samples together.
  const turned = back.subarray(22).filter((sample, n) => Math.abs(sample) > 16_000 && sample > 0 !== square[n]! > 0);
  expect(turned.length).toBe(0);
});
