/** Sound of a call between a page and us: the number of the call in 4 bytes, then 16-bit samples, all as the machine has them. */
export function packed(leg: number, samples: Int16Array): ArrayBuffer {
  const bytes = new ArrayBuffer(4 + samples.byteLength);
  new Uint32Array(bytes, 0, 1)[0] = leg;
  new Int16Array(bytes, 4).set(samples);
  return bytes;
}

export function unpacked(bytes: ArrayBuffer): { readonly leg: number; readonly samples: Int16Array } {
  return { leg: new Uint32Array(bytes, 0, 1)[0]!, samples: new Int16Array(bytes, 4) };
}
