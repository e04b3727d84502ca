import { join, sines } from '../media/tones.ts';

/** Apart by over 5 %, within every line's band, none a multiple of another or near those of keys and call progress. */
const ladder = [562, 655, 1045, 1120, 1275, 1405, 1560, 1705, 1885, 2015, 2165, 2295, 2465, 2615, 2765, 2945] as const;
const notes = 6;
const noteMs = 90;

/** How many different markers there are. */
export const markers = ladder.length * 15 ** (notes - 1);

/**
 * A short tune that belongs to one call: proves that the sound which arrives at one leg is that of the other, and
 * finds out which call is ours. Six notes of 90 ms, no two the same in a row; recognised like any enrolled sound.
 */
export function marker(number: number): Int16Array {
  if (!Number.isInteger(number) || number < 0 || number >= markers)
    throw new RangeError(`marker ${number}; there are 0 to ${markers - 1}`);
  let rest = number;
  let last = rest % ladder.length;
  rest = Math.floor(rest / ladder.length);
  const tune = [ladder[last]!];
  while (tune.length < notes) {
    // One of the fifteen others.
    last = (last + 1 + (rest % (ladder.length - 1))) % ladder.length;
    rest = Math.floor(rest / (ladder.length - 1));
    tune.push(ladder[last]!);
  }
  return join(tune.map((hz) => sines([hz], noteMs, -14)));
}
