import { join, sines } from '../media/tones.ts';
import { ladder, tune } from './marker.ts';

/** Hz: the middle of the ladder, which every line carries that carries speech. */
export const claimLadder = ladder.filter((hz) => hz > 1000 && hz < 2500);
const others = claimLadder.length - 1;
/** What three notes can tell. */
const check = others ** 3;

/** How many walks can be told apart. */
export const claimMarkers = claimLadder.length * others ** 5;
/** Notes of a number and its check; how long each lasts, ms. */
export const claimNotes = 9;
export const claimNoteMs = 100;
/** From one begin to the next, ms. */
export const claimPeriod = 1100;

/** Spreads neighbours apart, so that no two numbers are alike but for a note. */
function checkOf(number: number): number {
  let mixed = Math.imul(number ^ (number >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
  return ((mixed ^ (mixed >>> 15)) >>> 0) % check;
}

/** The notes of a walk, as places on the ladder: six for its number, three that check them. */
export function claimTune(number: number): readonly number[] {
  if (!Number.isInteger(number) || number < 0 || number >= claimMarkers)
    throw new RangeError(`claim marker ${number}; there are 0 to ${claimMarkers - 1}`);
  return tune(number * check + checkOf(number), { ladder: claimLadder, notes: claimNotes });
}

/** The number that these notes tell; undefined when they are none. */
export function claimNumber(places: readonly number[]): number | undefined {
  let value = 0;
  for (let n = places.length - 1; n > 0; n--) {
    const step = (places[n]! - places[n - 1]! + claimLadder.length) % claimLadder.length;
    if (step === 0) return undefined;
    value = value * others + step - 1;
  }
  value = value * claimLadder.length + places[0]!;
  const number = Math.floor(value / check);
  return number < claimMarkers && value % check === checkOf(number) ? number : undefined;
}

/**
 * What a customer sounds over and over while an agent who took a call asks whose it is: a lead that opens the line, nine
 * notes, silence; 1.1 s, 8 kHz. No note is of a key, and none is long enough for a fax or a modem to answer.
 */
export function claimMarker(number: number): Int16Array<ArrayBuffer> {
  const places = claimTune(number);
  // A lead that makes no other number of the notes behind it.
  const lead = claimLadder.findIndex(
    (_, place) => place !== places[0] && claimNumber([place, ...places.slice(0, -1)]) === undefined,
  );
  return join([
    ...[lead, ...places].map((place) => sines([claimLadder[place]!], claimNoteMs, -14)),
    new Int16Array((claimPeriod - (claimNotes + 1) * claimNoteMs) * 8),
  ]);
}
