const most = 8192;

/**
 * Arrays for packets, cut from larger ones that are used once: an array with memory of its own costs more than coding
 * what it is to hold. They hold zeros.
 */
export function cutter<Samples extends Uint8Array | Int16Array>(
  make: (length: number) => Samples,
): (length: number) => Samples {
  let [whole, taken] = [make(most), 0];
  return (length) => {
    if (length > most) return make(length);
    if (taken + length > most) [whole, taken] = [make(most), 0];
    taken += length;
    return whole.subarray(taken - length, taken) as Samples;
  };
}
