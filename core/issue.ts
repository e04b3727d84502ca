import type { z } from 'zod';

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  undefined: 'nothing',
  null: 'nothing',
  NaN: 'no number',
};
const kind = (name: string) => kinds[name] ?? name;

/** What a zod issue says, in the words of a person who writes YAML. */
export function issueWords(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const all = issue.errors.flatMap(([first]) => (first ? [issueWords(first)] : []));
    const ends = new Set(all.map((words) => /, got .*$/.exec(words)?.[0]));
    const [end] = ends;
    if (ends.size > 1 || end === undefined) return [...new Set(all)].join(', or ');
    const wanted = all.map((words) => words.slice('expected '.length, -end.length));
    return `expected ${[...new Set(wanted)].join(' or ')}${end}`;
  }
  if (issue.code === 'invalid_key' && issue.issues[0]) return `as a key, ${issueWords(issue.issues[0])}`;
  if (issue.code === 'invalid_value') return `expected ${issue.values.map(String).join(' or ')}`;
  const said = issue.message.replace(/^Invalid input: /, '');
  const [, wanted, came] = /^expected (\w+), received (\w+)$/.exec(said) ?? [];
  return wanted && came
    ? `expected ${kind(wanted)}, got ${kind(came)}`
    : said.replace(/^[A-Z](?=[a-z])/, (c) => c.toLowerCase());
}
