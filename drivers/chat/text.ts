/** Texts are compared without what a reader does not see: case, spaces, markup, kinds of quotes. */
export function plainText(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&nbsp;/g, ' ')
    .replace(/&amp;/g, '&')
    .replace(/[‘’‛`´]/g, "'")
    .replace(/[“”„]/g, '"')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase();
}

/** Amounts as values: 1,234.50 and 1.234,50 and 1234.5 are one. */
function numbersIn(text: string): readonly number[] {
  return [...text.matchAll(/\d[\d.,' ]*\d|\d/g)].map(([raw]) => {
    const bare = raw.replace(/[' ]/g, '');
    const last = Math.max(bare.lastIndexOf('.'), bare.lastIndexOf(','));
    const decimals = bare.length - last - 1;
    if (
      last < 0 ||
      (decimals === 3 &&
        !bare.slice(0, last).match(/[.,].*[.,]/) &&
        bare.match(/[.,]/g)?.length === 1 &&
        bare.indexOf(',') === last)
    )
      return Number(bare.replace(/[.,]/g, ''));
    return Number(`${bare.slice(0, last).replace(/[.,]/g, '')}.${bare.slice(last + 1)}`);
  });
}

/** A number is looked for as a value, anything else as words. */
export function mentions(text: string, fact: string): boolean {
  const wanted = /^\s*[\d.,' ]+\s*$/.test(fact) ? numbersIn(fact)[0] : undefined;
  if (wanted !== undefined && Number.isFinite(wanted))
    return numbersIn(text).some((value) => Math.abs(value - wanted) < 1e-9);
  return plainText(text).includes(plainText(fact));
}

/** Share of equal words (Dice over distinct words), 0..1. Tolerates typos and order, and nothing else: never the only check. */
export function similarity(a: string, b: string): number {
  const words = (text: string) =>
    new Set(
      plainText(text)
        .replace(/[^\p{L}\p{N}. ]/gu, '')
        .split(' '),
    );
  const [left, right] = [words(a), words(b)];
  const both = [...left].filter((word) => right.has(word)).length;
  return (2 * both) / (left.size + right.size);
}
