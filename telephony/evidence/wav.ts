import { g711 } from '../media/g711.ts';

/** Sound out of a WAV file: one array for each channel. */
export interface Sound {
  readonly rate: number;
  readonly channels: readonly Int16Array[];
}

export class WavError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'WavError';
  }
}

interface Format {
  readonly tag: number;
  readonly channels: number;
  readonly rate: number;
  readonly bits: number;
}

export const wavHeaderLength = 44;
const most = 200_000_000;

/** The head of a file of 16-bit PCM; a size that is not known yet stays 0xFFFFFFFF, which readers take to the end. */
export function wavHeader(rate: number, channels: number, bytes?: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(wavHeaderLength));
  const word = (at: number, text: string) => {
    for (const [n, c] of [...text].entries()) view.setUint8(at + n, c.charCodeAt(0));
  };
  word(0, 'RIFF');
  view.setUint32(4, bytes === undefined ? 0xffffffff : 36 + bytes, true);
  word(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * channels * 2, true);
  view.setUint16(32, channels * 2, true);
  view.setUint16(34, 16, true);
  word(36, 'data');
  view.setUint32(40, bytes ?? 0xffffffff, true);
  return new Uint8Array(view.buffer);
}

/** 16-bit PCM; channels of unequal length end in silence. */
export function writeWav({ rate, channels }: Sound): Uint8Array<ArrayBuffer> {
  const length = Math.max(0, ...channels.map((channel) => channel.length));
  const bytes = new Uint8Array(wavHeaderLength + length * channels.length * 2);
  bytes.set(wavHeader(rate, channels.length, length * channels.length * 2));
  const view = new DataView(bytes.buffer, wavHeaderLength);
  for (const [c, channel] of channels.entries())
    for (let n = 0; n < channel.length; n++) view.setInt16((n * channels.length + c) * 2, channel[n]!, true);
  return bytes;
}

/** PCM of 8, 16, 24 and 32 bits, floats of 32 and 64, A-law and µ-law, plain or extensible. Throws a WavError that says what the file is instead. */
export function readWav(bytes: Uint8Array): Sound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 12 || word(0) !== 'RIFF' || word(8) !== 'WAVE')
    throw new WavError(`no WAV file: it begins with ${JSON.stringify(word(0))}`);
  let format: Format | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    const end = Math.min(bytes.length, at + 8 + size);
    if (word(at) === 'fmt ') format = readFormat(view, at + 8, end);
    if (word(at) === 'data') {
      if (!format) throw new WavError('a WAV file whose data come before their format');
      return readData(bytes.subarray(at + 8, end), format);
    }
    at += 8 + size + (size & 1);
  }
  throw new WavError(`a WAV file without ${format ? 'data' : 'format'}`);
}

/** Bits a sample by format tag. */
const known: Readonly<Record<number, readonly number[]>> = { 1: [8, 16, 24, 32], 3: [32, 64], 6: [8], 7: [8] };

function readFormat(view: DataView, at: number, end: number): Format {
  if (end - at < 16) throw new WavError(`a WAV file with a format of ${end - at} bytes; 16 are the least`);
  const plain = view.getUint16(at, true);
  const tag = plain === 0xfffe && end - at >= 26 ? view.getUint16(at + 24, true) : plain;
  const format = {
    tag,
    channels: view.getUint16(at + 2, true),
    rate: view.getUint32(at + 4, true),
    bits: view.getUint16(at + 14, true),
  };
  const { channels, rate, bits } = format;
  const depths = known[tag];
  if (!depths)
    throw new WavError(`a WAV file of format ${tag}; 1 (PCM), 3 (float), 6 (A-law) and 7 (µ-law) can be read`);
  if (!depths.includes(bits))
    throw new WavError(`a WAV file of ${bits} bits a sample; ${depths.join(', ')} can be read`);
  if (channels < 1 || channels > 8) throw new WavError(`a WAV file of ${channels} channels; 1 to 8 can be read`);
  if (rate < 4000 || rate > 192_000)
    throw new WavError(`a WAV file of ${rate} samples a second; 4000 to 192000 can be read`);
  return format;
}

function readData(data: Uint8Array, { tag, channels, rate, bits }: Format): Sound {
  const width = (bits / 8) * channels;
  const length = Math.floor(data.length / width);
  if (data.length > most) throw new WavError(`a WAV file of ${data.length} bytes; ${most} are the most`);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const sample = sampleReader(view, { tag, bits, data });
  return {
    rate,
    channels: Array.from({ length: channels }, (_, c) => {
      const channel = new Int16Array(length);
      for (let n = 0; n < length; n++) channel[n] = sample(n * channels + c);
      return channel;
    }),
  };
}

/** One sample as 16 bits, whatever its width. */
function sampleReader(
  view: DataView,
  { tag, bits, data }: { readonly tag: number; readonly bits: number; readonly data: Uint8Array },
): (n: number) => number {
  if (tag === 6 || tag === 7) {
    const decoded = g711(tag === 6 ? 'PCMA' : 'PCMU').decode(data);
    return (n) => decoded[n]!;
  }
  if (tag === 3) {
    const read = (n: number) => (bits === 32 ? view.getFloat32(n * 4, true) : view.getFloat64(n * 8, true));
    return (n) => Math.max(-32_768, Math.min(32_767, Math.round((read(n) || 0) * 32_768)));
  }
  switch (bits) {
    case 8:
      return (n) => (view.getUint8(n) - 128) << 8;
    case 16:
      return (n) => view.getInt16(n * 2, true);
    case 24:
      return (n) => view.getInt16(n * 3 + 1, true);
    default:
      return (n) => view.getInt16(n * 4 + 2, true);
  }
}
