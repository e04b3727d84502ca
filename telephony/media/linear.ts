/** 16-bit samples of 8 kHz as they are (RFC 3551 §4.5.11), between parts of this machine: a number that no offer of ours uses. */
export const linear = {
  name: 'L16',
  payload: 127,
  rate: 8000,
  encode(samples: Int16Array): Uint8Array {
    const bytes = new Uint8Array(samples.length * 2);
    const view = new DataView(bytes.buffer);
    for (let n = 0; n < samples.length; n++) view.setInt16(2 * n, samples[n]!);
    return bytes;
  },
  decode(bytes: Uint8Array): Int16Array {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Int16Array.from({ length: bytes.length >> 1 }, (_, n) => view.getInt16(2 * n));
  },
} as const;
