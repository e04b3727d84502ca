import { cutter } from './cut.ts';

export type Law = 'PCMU' | 'PCMA';

/** A codec of one byte a sample. `silence` is the code of 0. */
export interface G711 {
  readonly law: Law;
  readonly silence: number;
  encode(samples: Int16Array): Uint8Array;
  decode(codes: Uint8Array): Int16Array;
}

/** ITU-T G.711, tables 1 and 2: 16-bit samples to codes and back; negative values by one's complement as G.191 does. */
export function g711(law: Law): G711 {
  const toCode = law === 'PCMU' ? muLawCode : aLawCode;
  const toSample = law === 'PCMU' ? muLawSample : aLawSample;
  const codes = Uint8Array.from({ length: 65_536 }, (_, n) => toCode((n << 16) >> 16));
  const samples = Int16Array.from({ length: 256 }, (_, code) => toSample(code));
  const bytesFor = cutter((length) => new Uint8Array(length));
  const samplesFor = cutter((length) => new Int16Array(length));
  return {
    law,
    silence: toCode(0),
    encode: (pcm) => {
      const out = bytesFor(pcm.length);
      for (let n = 0; n < pcm.length; n++) out[n] = codes[pcm[n]! & 0xffff]!;
      return out;
    },
    decode: (bytes) => {
      const out = samplesFor(bytes.length);
      for (let n = 0; n < bytes.length; n++) out[n] = samples[bytes[n]!]!;
      return out;
    },
  };
}

function muLawCode(sample: number): number {
  const magnitude = Math.min(((sample < 0 ? ~sample : sample) >> 2) + 33, 0x1fff);
  const segment = 26 - Math.clz32(magnitude);
  const mantissa = (magnitude >> (segment + 1)) & 0x0f;
  return ~((segment << 4) | mantissa | (sample < 0 ? 0x80 : 0)) & 0xff;
}

function muLawSample(code: number): number {
  const bits = ~code & 0xff;
  const magnitude = ((33 + 2 * (bits & 0x0f)) << ((bits >> 4) & 7)) - 33;
  return (bits & 0x80 ? -magnitude : magnitude) * 4;
}

function aLawCode(sample: number): number {
  const magnitude = (sample < 0 ? ~sample : sample) >> 4;
  const segment = Math.max(0, 28 - Math.clz32(magnitude));
  const mantissa = segment === 0 ? magnitude : (magnitude >> (segment - 1)) & 0x0f;
  return ((segment << 4) | mantissa | (sample < 0 ? 0 : 0x80)) ^ 0x55;
}

function aLawSample(code: number): number {
  const bits = code ^ 0x55;
  const segment = (bits >> 4) & 7;
  const step = 2 * (bits & 0x0f) + 1;
  const magnitude = segment === 0 ? step : (step + 32) << (segment - 1);
  return (bits & 0x80 ? magnitude : -magnitude) * 8;
}
