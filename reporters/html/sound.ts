import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AttemptTale } from '../../core/tale.ts';

/** 16-bit PCM as it lies in a WAV file. */
export interface Sound {
  readonly rate: number;
  readonly channels: number;
  /** Of each channel. */
  readonly frames: number;
  /** Interleaved samples, little-endian, without the head of the file. */
  readonly bytes: Buffer;
}

/** The recording of one call: left what the actor heard, right what the actor said. */
export interface Recording {
  readonly actor: string;
  /** Relative to the walk's folder. */
  readonly path: string;
  /** Epoch ms of its first sample. */
  readonly at: number;
  readonly sound: Sound;
}

/** Nothing for any other file. */
export function readSound(path: string): Sound | undefined {
  const file = readFileSync(path);
  if (file.length < 44 || file.toString('latin1', 0, 4) !== 'RIFF') return undefined;
  if (file.readUInt16LE(20) !== 1 || file.readUInt16LE(34) !== 16) return undefined;
  const [channels, rate] = [file.readUInt16LE(22), file.readUInt32LE(24)];
  const start = file.indexOf('data', 12, 'latin1') + 8;
  if (start < 8 || channels < 1 || rate < 1) return undefined;
  const frames = Math.floor((file.length - start) / (2 * channels));
  return frames < 1
    ? undefined
    : { rate, channels, frames, bytes: file.subarray(start, start + frames * channels * 2) };
}

/** Recordings of an attempt that say when they began and are still there. */
export function recordingsOf(attempt: AttemptTale, folder: string): readonly Recording[] {
  return attempt.notes.flatMap(({ actor, note }) => {
    if (note.type !== 'file' || note.mime !== 'audio/wav' || note.at === undefined) return [];
    const path = join(folder, note.path);
    const sound = existsSync(path) ? readSound(path) : undefined;
    return sound ? [{ actor, path: note.path, at: note.at, sound }] : [];
  });
}

/** A stretch of a sound, ms from its first sample; less where it ends before. */
export function cut(sound: Sound, from: number, to: number): Sound {
  const frame = (ms: number) => Math.min(sound.frames, Math.max(0, Math.round((ms / 1000) * sound.rate)));
  const [first, last] = [frame(from), frame(to)];
  const width = 2 * sound.channels;
  return { ...sound, frames: last - first, bytes: sound.bytes.subarray(first * width, last * width) };
}

/** Louder than this is no silence: about −30 dB of full scale. */
const loud = 1000;
/** Heard onsets are known to about so much, ms. */
const blur = 150;

/** How long nobody was heard on either side before a moment, ms from the first sample. */
export function silenceBefore({ rate, channels, frames, bytes }: Sound, ms: number): number {
  const last = Math.min(frames, Math.max(0, Math.round(((ms - blur) / 1000) * rate)));
  let frame = last;
  while (frame > 0) {
    const samples = Array.from({ length: channels }, (_, channel) =>
      Math.abs(bytes.readInt16LE(2 * ((frame - 1) * channels + channel))),
    );
    if (Math.max(...samples) > loud) break;
    frame -= 1;
  }
  return last === 0 ? 0 : ms - (frame / rate) * 1000;
}

/** The sound as a WAV file inside the page. */
export function soundUrl({ rate, channels, bytes }: Sound): string {
  const head = Buffer.alloc(44);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(36 + bytes.length, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * channels * 2, 28);
  head.writeUInt16LE(channels * 2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(bytes.length, 40);
  return `data:audio/wav;base64,${Buffer.concat([head, bytes]).toString('base64')}`;
}
