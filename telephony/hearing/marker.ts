import { join, sines } from '../media/tones.ts';

/** Hz. Apart by over 5 %, within every line's band, none a multiple of another or near those of keys and call progress. */
export const ladder = [
  562, 655, 1045, 1120, 1275, 1405, 1560, 1705, 1885, 2015, 2165, 2295, 2465, 2615, 2765, 2945,
] as const;
const notes = 6;
const noteMs = 90;

/** How many different markers there are. */
export const markers = ladder.length * 15 ** (notes - 1);

/** The places on a ladder that a number stands for: so many, no two the same in a row. */
export function tune(
  number: number,
  { ladder, notes }: { readonly ladder: readonly number[]; readonly notes: number },
): readonly number[] {
  let rest = number;
  let last = rest % ladder.length;
  rest = Math.floor(rest / ladder.length);
  const places = [last];
  while (places.length < notes) {
    // One of the others.
    last = (last + 1 + (rest % (ladder.length - 1))) % ladder.length;
    rest = Math.floor(rest / (ladder.length - 1));
    places.push(last);
  }
  return places;
}

/**
 * A short tune that belongs to one call: proves that the sound which arrives at one leg is that of the other. Six notes
 * of 90 ms, no two the same in a row; recognised like any enrolled sound.
 */
export function marker(number: number): Int16Array {
  if (!Number.isInteger(number) || number < 0 || number >= markers)
    throw new RangeError(`marker ${number}; there are 0 to ${markers - 1}`);
  return join(tune(number, { ladder, notes }).map((place) => sines([ladder[place]!], noteMs, -14)));
}
