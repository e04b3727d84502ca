const ones = 'zero one two three four five six seven eight nine'.split(' ');
const teens = 'ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(' ');
const tens = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');

/** An English number in words, 0 to 9999. */
export function numberWords(n: number): string {
  if (n < 10) return ones[n]!;
  if (n < 20) return teens[n - 10]!;
  if (n < 100) return `${tens[Math.floor(n / 10) - 2]!}${n % 10 === 0 ? '' : ` ${ones[n % 10]!}`}`;
  const [unit, name] = n < 1000 ? [100, 'hundred'] : [1000, 'thousand'];
  return `${numberWords(Math.floor(n / unit))} ${name}${n % unit === 0 ? '' : ` ${numberWords(n % unit)}`}`;
}

/** As it is read out: up to four digits as a number, longer ones and those with a leading zero one by one. */
const readOut = (digits: string): string =>
  digits.length <= 4 && !/^0./.test(digits)
    ? numberWords(Number(digits))
    : [...digits].map((digit) => ones[Number(digit)]!).join(' ');

const irregular: Readonly<Record<string, string>> = {
  one: 'first',
  two: 'second',
  three: 'third',
  five: 'fifth',
  eight: 'eighth',
  nine: 'ninth',
  twelve: 'twelfth',
};

/** 21st in words: twenty first. */
export function ordinalWords(n: number): string {
  const words = numberWords(n).split(' ');
  const last = words.pop()!;
  return [...words, irregular[last] ?? `${last.replace(/y$/, 'ie')}th`].join(' ');
}

const contractions: readonly (readonly [RegExp, string])[] = [
  [/\bcan't\b/g, 'cannot'],
  [/\bwon't\b/g, 'will not'],
  [/\bi'm\b/g, 'i am'],
  [/n't\b/g, ' not'],
  [/'re\b/g, ' are'],
  [/'ve\b/g, ' have'],
  [/'ll\b/g, ' will'],
  [/'s\b/g, 's'],
];
const currencies: Readonly<Record<string, readonly [string, string]>> = {
  $: ['dollars', 'cents'],
  '£': ['pounds', 'pence'],
  '€': ['euros', 'cents'],
};

/** The words of a text as they are spoken (audio.md 3.4): numbers, amounts and contractions written out where the language is English. */
export function spokenWords(text: string, language = 'en'): readonly string[] {
  let said = text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[’ʼ]/g, "'")
    .replaceAll(/\[[^\]]*\]|<[^>]*>/g, ' ')
    .replaceAll(/(?<=\d),(?=\d{3})/g, '');
  if (language.startsWith('en')) said = english(said);
  return said.match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
}

function english(text: string): string {
  let said = text.replaceAll(/([$£€])\s?(\d+)(?:\.(\d\d))?\b/g, (_, sign: string, whole: string, part?: string) => {
    const [major, minor] = currencies[sign]!;
    return ` ${readOut(whole)} ${major} ${part === undefined || part === '00' ? '' : `${readOut(String(Number(part)))} ${minor}`} `;
  });
  for (const [short, long] of contractions) said = said.replaceAll(short, long);
  return said
    .replaceAll(/\b(\d{1,4})(?:st|nd|rd|th)\b/g, (_, digits: string) => ordinalWords(Number(digits)))
    .replaceAll(
      /(\d+)\.(\d+)/g,
      (_, whole: string, part: string) =>
        `${readOut(whole)} point ${[...part].map((one) => ones[Number(one)]).join(' ')}`,
    )
    .replaceAll(/\d+/g, (digits) => ` ${readOut(digits)} `)
    .replaceAll('%', ' percent ')
    .replaceAll('#', ' pound ')
    .replaceAll('*', ' star ')
    .replaceAll('&', ' and ')
    .replaceAll('@', ' at ')
    .replaceAll(/\be-?mails?\b/g, 'email')
    .replaceAll(/\bvoice ?mail\b/g, 'voicemail')
    .replaceAll(/\bo\.?k\b\.?/g, 'okay')
    .replaceAll(/\boh\b/g, 'zero')
    .replaceAll(/\bhash\b/g, 'pound')
    .replaceAll("'", '');
}

/** Words that a similar sound must not stand for: a number, a yes, a no. */
const decisive = new Set([...ones, ...teens, ...tens, 'hundred', 'thousand', 'not', 'no', 'yes', 'cannot', 'never']);

/** How a text compares with what a transcriber wrote. */
export interface Likeness {
  /** 0-1: how much of the expected sounds is there, in one stretch. */
  readonly score: number;
  /** Numbers, yes and no that were expected and did not come, or came instead. */
  readonly otherwise: readonly string[];
}

/** Looks for an expected text anywhere in a transcript. English is compared by sound, every other language by letters. */
export function likeness(expected: string, transcript: string, language = 'en'): Likeness {
  const wanted = spokenWords(expected, language);
  const came = spokenWords(transcript, language);
  const key = language.startsWith('en') ? phonetic : (words: readonly string[]) => words.join('');
  const { score, from, to } = contained(key(wanted), came, key);
  if (!language.startsWith('en')) return { score, otherwise: [] };
  const theirs = came.slice(from, to);
  return { score, otherwise: [...unmatched(wanted, theirs), ...unmatched(theirs, wanted)] };
}

/** Deciding words of one text that the other does not have, whatever it takes them for (four for `for`). */
const unmatched = (one: readonly string[], other: readonly string[]): readonly string[] =>
  difference(
    one.filter((word) => decisive.has(word)),
    other.map((word) => sounds[word] ?? word),
  );

const difference = (a: readonly string[], b: readonly string[]): readonly string[] => {
  const left = [...b];
  return a.filter((word) => {
    const at = left.indexOf(word);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
};

/** The stretch of words whose sounds are nearest to a key. */
function contained(key: string, words: readonly string[], keyOf: (words: readonly string[]) => string) {
  let best = { score: 0, from: 0, to: words.length };
  if (key === '') return best;
  for (let from = 0; from < words.length; from++) {
    for (let to = from + 1; to <= words.length; to++) {
      const part = keyOf(words.slice(from, to));
      if (part.length > key.length * 2 + 8) break;
      if (part.length * 2 < key.length) continue;
      const score = 1 - editDistance(key, part) / Math.max(key.length, part.length);
      if (score > best.score) best = { score, from, to };
    }
  }
  return best;
}

const sounds: Readonly<Record<string, string>> = { to: 'two', too: 'two', for: 'four', won: 'one', ate: 'eight' };

/** English words by their rough sound, joined (audio.md 3.4). */
function phonetic(words: readonly string[]): string {
  const word = (one: string) =>
    (sounds[one] ?? one)
      .replaceAll('ph', 'f')
      .replaceAll(/c(?=[eiy])/g, 's')
      .replaceAll('ck', 'k')
      .replaceAll(/[cq]/g, 'k')
      .replace(/^[kg]n/, 'n')
      .replace(/^wr/, 'r')
      .replaceAll('x', 'ks')
      .replaceAll('gh', '')
      .replaceAll('z', 's')
      .replaceAll('d', 't')
      .replaceAll('b', 'p')
      .replaceAll('g', 'k')
      .replaceAll('v', 'f')
      .replaceAll('h', '')
      .replaceAll(/[aeiouy]+/g, 'a')
      .replaceAll(/(.)\1+/g, '$1');
  return words.map(word).join('');
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row.at(-1)!;
}
