import type { Prompt } from './prompts.ts';
import { spokenWords } from './spoken.ts';

const words = (text: string) => new Set(text.split(' '));
const digit = 'zero one two three four five six seven eight nine double triple';
const number = `${digit} ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million and point minus`;
const day = 'monday tuesday wednesday thursday friday saturday sunday today tomorrow yesterday';
const ordinal =
  'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth';
const month = 'january february march april may june july august september october november december';

/** What may stand in braces, with the English words that its pieces say. */
const vocabulary: Readonly<Record<SlotKind, ReadonlySet<string>>> = {
  digits: words(digit),
  number: words(number),
  amount: words(`${number} dollar dollars cent cents pound pounds pence penny euro euros`),
  day: words(day),
  date: words(`${day} ${month} ${ordinal} ${number} the of`),
  time: words(
    `${number} oclock am pm a p m noon midnight hour hours minute minutes second seconds quarter half past to`,
  ),
};

export const slotKinds = ['digits', 'number', 'amount', 'day', 'date', 'time'] as const;
export type SlotKind = (typeof slotKinds)[number];

/** A stretch of a text as it is written. */
export type Stretch =
  | { readonly kind: 'words'; readonly text: string }
  | { readonly kind: 'slot'; readonly slot: SlotKind; readonly expected?: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'unknown'; readonly text: string };

/** Cuts a text at its slots: `{amount}`, `{digits=1234}`, `<any>`. */
export function stretches(text: string): readonly Stretch[] {
  const found: Stretch[] = [];
  for (const piece of text.split(/(\{[^{}]*\}|<any>)/)) {
    if (piece === '<any>') found.push({ kind: 'any' });
    else if (piece.startsWith('{')) found.push(slotOf(piece));
    else if (spokenWords(piece).length > 0) found.push({ kind: 'words', text: piece.trim() });
  }
  return found;
}

function slotOf(piece: string): Stretch {
  const [, name = '', expected] = /^\{\s*([\w-]+)\s*(?:=\s*(.*?)\s*)?\}$/s.exec(piece) ?? [];
  const slot = slotKinds.find((kind) => kind === name);
  if (!slot) return { kind: 'unknown', text: piece };
  return { kind: 'slot', slot, ...(expected === undefined ? {} : { expected }) };
}

export const hasSlots = (text: string): boolean => stretches(text).some(({ kind }) => kind !== 'words');

/** Whether a prompt is one of the pieces that a slot is made of: as its sheet says, else by its words. */
export function isPiece({ piece, text }: Pick<Prompt, 'piece' | 'text'>, slot: SlotKind): boolean {
  if (piece !== undefined) return piece.includes(slot) || (piece.includes('digits') && slot !== 'day');
  const said = spokenWords(text);
  return said.length > 0 && said.length <= 3 && said.every((word) => vocabulary[slot].has(word));
}

/** Words as a series of enrolled prompts, the fewest that make them; the names that each may have. Undefined when none do. */
export function series(text: string, prompts: readonly Prompt[]): readonly (readonly string[])[] | undefined {
  const said = spokenWords(text);
  const known = new Map<string, string[]>();
  for (const { name, text: its } of prompts) {
    const key = spokenWords(its).join(' ');
    known.set(key, [...(known.get(key) ?? []), name]);
  }
  const best: ((readonly string[])[] | undefined)[] = [[]];
  for (let to = 1; to <= said.length; to++) {
    for (let from = 0; from < to; from++) {
      const names = known.get(said.slice(from, to).join(' '));
      const before = best[from];
      if (names && before && before.length + 1 < (best[to]?.length ?? Number.POSITIVE_INFINITY))
        best[to] = [...before, names];
    }
  }
  return best[said.length];
}

/** What the pieces of a slot come to: 1234 of one two three four, 42.50 of forty two dollars and fifty cents. */
export function meaningOf(
  slot: SlotKind,
  pieces: readonly { readonly text: string; readonly value?: string }[],
): string {
  const text = pieces.map((piece) => piece.value ?? piece.text).join(' ');
  return readValue(slot, text);
}

/** The same of a value as a journey writes it, so that both can be compared. */
export function readValue(slot: SlotKind, text: string): string {
  const said = slot === 'digits' ? spokenWords(text.replaceAll(/(?<=\d)(?=\d)/g, ' ')) : spokenWords(text);
  switch (slot) {
    case 'digits':
      return digitsOf(said);
    case 'number':
      return numberOf(said) ?? said.join(' ');
    case 'amount':
      return amountOf(said) ?? said.join(' ');
    default:
      return said.join(' ');
  }
}

const units = number.split(' ');
const small = new Map<string, number>([
  ...'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'
    .split(' ')
    .map((word, n) => [word, n] as const),
  ...'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ').map((word, n) => [word, 20 + 10 * n] as const),
]);

function digitsOf(said: readonly string[]): string {
  let [digits, times] = ['', 1];
  for (const word of said) {
    if (word === 'double' || word === 'triple') times = word === 'double' ? 2 : 3;
    else {
      digits += String(small.get(word) ?? word).repeat(times);
      times = 1;
    }
  }
  return digits;
}

function numberOf(said: readonly string[]): string | undefined {
  if (said.length === 0 || !said.every((word) => units.includes(word))) return undefined;
  const point = said.indexOf('point');
  const whole = point < 0 ? said : said.slice(0, point);
  let [sum, group] = [0, 0];
  for (const word of whole) {
    if (word === 'hundred') group = Math.max(1, group) * 100;
    else if (word === 'thousand' || word === 'million') {
      sum += Math.max(1, group) * (word === 'thousand' ? 1e3 : 1e6);
      group = 0;
    } else group += small.get(word) ?? 0;
  }
  const sign = said[0] === 'minus' ? '-' : '';
  return `${sign}${sum + group}${point < 0 ? '' : `.${digitsOf(said.slice(point + 1))}`}`;
}

const major = /^(dollars?|pounds?|euros?)$/;
const minor = /^(cents?|pence|penny)$/;

function amountOf(said: readonly string[]): string | undefined {
  const at = said.findIndex((word) => major.test(word));
  const rest = said.slice(at + 1).filter((word) => !minor.test(word) && word !== 'and');
  const whole = at < 0 ? '0' : numberOf(said.slice(0, at));
  const plain = at < 0 && !said.some((word) => minor.test(word));
  if (plain) {
    const value = numberOf(said);
    return value === undefined ? undefined : Number(value).toFixed(2);
  }
  const part = rest.length === 0 ? '0' : numberOf(rest);
  if (whole === undefined || part === undefined) return undefined;
  return (Number(whole) + Number(part) / 100).toFixed(2);
}
