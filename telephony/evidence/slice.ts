import { open } from 'node:fs/promises';
import { wavHeader, wavHeaderLength } from './wav.ts';

/** A stretch of time, epoch ms. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** A two-channel recording of 8 kHz whose first sample is at `startedAt`. */
export interface Recording {
  readonly path: string;
  readonly startedAt: number;
}

const perMs = 8;
const frameBytes = 4;

/** What a step heard and said, as a WAV of its own; what must stay secret is silent in it. Empty when nothing was recorded then. */
export async function sliceOf(
  { path, startedAt }: Recording,
  { from, to }: Stretch,
  secrets: readonly Stretch[] = [],
): Promise<Uint8Array> {
  const first = Math.max(0, Math.round((from - startedAt) * perMs));
  const last = Math.max(first, Math.round((to - startedAt) * perMs));
  await using file = await open(path, 'r');
  const bytes = Buffer.alloc((last - first) * frameBytes);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, wavHeaderLength + first * frameBytes);
  const whole = bytesRead - (bytesRead % frameBytes);
  for (const secret of secrets) mute(bytes, { from: startedAt + first / perMs, secret });
  return Buffer.concat([wavHeader(8000, 2, whole), bytes.subarray(0, whole)]);
}

/** Makes stretches of the recording itself silent, on both sides: keys that were a secret and what was read back. */
export async function muteIn({ path, startedAt }: Recording, secrets: readonly Stretch[]): Promise<void> {
  await using file = await open(path, 'r+');
  const { size } = await file.stat();
  for (const secret of secrets) {
    const [first, last] = framesOf(secret, startedAt);
    const start = wavHeaderLength + first * frameBytes;
    const length = Math.min(size, wavHeaderLength + last * frameBytes) - start;
    if (length > 0) await file.write(Buffer.alloc(length), 0, length, start);
  }
}

function mute(bytes: Buffer, { from, secret }: { readonly from: number; readonly secret: Stretch }): void {
  const [first, last] = framesOf(secret, from);
  bytes.fill(0, Math.min(bytes.length, first * frameBytes), Math.min(bytes.length, last * frameBytes));
}

function framesOf({ from, to }: Stretch, zero: number): readonly [number, number] {
  const first = Math.max(0, Math.floor((from - zero) * perMs));
  return [first, Math.max(first, Math.ceil((to - zero) * perMs))];
}
