import { z } from 'zod';
import type { Place } from '../errors.ts';
import { issueWords } from '../issue.ts';
import type { Json } from '../json.ts';
import { nearest } from '../nearest.ts';
import { nodeAt, type Positioned, type Problems, placeAt } from './positioned.ts';

interface Checking {
  readonly node: Positioned;
  readonly place: Place;
  readonly problems: Problems;
  /** Parts of a path that are not written in the file: the name of the argument that a scalar stands for. */
  readonly strip?: number;
  /** Key that the value belongs to. */
  readonly called?: string;
}

const templated = (value: Json): boolean => {
  if (typeof value === 'string') return value.includes('${');
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((item: Json) => templated(item));
};

function at(value: Json, path: readonly PropertyKey[]): Json | undefined {
  let now: Json | undefined = value;
  for (const part of path)
    now =
      typeof now === 'object' && now !== null && Object.hasOwn(now, part)
        ? (now as { [key: string]: Json })[String(part)]
        : undefined;
  return now;
}

/** Checks a value that may still hold `${}`: what is wrong at or above a template is left to the filled value. */
export function checkValue(schema: z.ZodType, value: Json, where: Checking): void {
  const read = schema.safeParse(value);
  if (read.success) return;
  for (const issue of read.error.issues) sayIssue(issue, { schema, value }, where);
}

function sayIssue(
  issue: z.core.$ZodIssue,
  checked: { readonly schema: z.ZodType; readonly value: Json },
  where: Checking,
): void {
  const { value } = checked;
  const given = at(value, issue.path);
  if (given !== undefined && (typeof given === 'string' || issue.code === 'invalid_union') && templated(given)) return;
  const path = issue.path.slice(where.strip ?? 0);
  const place = path.length === 0 ? where.place : placeAt(where.node, path);
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) sayKey(key, path, checked.schema, where);
    return;
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const best = issue.errors.toSorted((a, b) => depth(b) - depth(a))[0] ?? [];
    const inner = best.find((one) => one.path.length > 0);
    if (inner) {
      sayIssue({ ...inner, path: [...issue.path, ...inner.path] } as z.core.$ZodIssue, checked, where);
      return;
    }
  }
  const names = [...(where.called ? [where.called] : []), ...issue.path];
  if (names.length === 0) {
    where.problems.add(place, issueWords(issue));
    return;
  }
  const name = `\`${names.join('.')}\``;
  if (given === undefined) {
    where.problems.add(place, `${name} is missing`);
    return;
  }
  const here = nodeAt(where.node, path)?.node;
  const bare = here?.kind === 'scalar' && typeof here.value !== 'string' && here.source !== '' && wantsText(issue);
  const still = bare ? issueOnceQuoted(issue, checked, here.source) : undefined;
  const quote = bare && !still ? `quote it: "${here.source}"` : undefined;
  const list = issue.code === 'invalid_type' && issue.expected === 'array' ? `write a list: [${given}]` : undefined;
  where.problems.add(place, `${name}: ${issueWords(still ?? issue)}`, quote ?? list);
}

function sayKey(key: string, path: readonly PropertyKey[], schema: z.ZodType, where: Checking): void {
  const known = keysAt(schema, path);
  const close = nearest(key, known);
  const there = known.length > 0 ? `there are ${known.join(', ')}` : undefined;
  const here = nodeAt(where.node, path)?.node;
  const entry = here?.kind === 'map' ? here.entries.find((one) => one.key === key) : undefined;
  const place = entry?.at ?? (path.length === 0 ? where.place : placeAt(where.node, path));
  where.problems.add(
    place,
    `unknown key \`${[...path, key].join('.')}\``,
    close ? `did you mean \`${close}\`?` : there,
  );
}

/** Keys that a schema allows at a path; none where that cannot be told. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let inner: z.core.$ZodType = schema;
  while ('innerType' in inner._zod.def) inner = inner._zod.def.innerType as z.core.$ZodType;
  if (!(inner instanceof z.ZodObject)) return [];
  const [key, ...rest] = path;
  if (key === undefined) return Object.keys(inner.shape);
  const below = (inner.shape as Record<string, z.ZodType>)[String(key)];
  return below ? keysAt(below, rest) : [];
}

const depth = (issues: readonly z.core.$ZodIssue[]) => Math.max(0, ...issues.map((issue) => issue.path.length));

/** What would still be wrong with a bare scalar if it were quoted: `ring: 5` is no text, but `"5"` is no duration either. */
function issueOnceQuoted(
  { path }: z.core.$ZodIssue,
  { schema, value }: { readonly schema: z.ZodType; readonly value: Json },
  source: string,
): z.core.$ZodIssue | undefined {
  const read = schema.safeParse(withAt(value, path, source));
  return read.error?.issues.find((one) => one.path.join('\0') === path.join('\0'));
}

function withAt(value: Json, path: readonly PropertyKey[], text: string): Json {
  const [part, ...rest] = path;
  if (part === undefined) return text;
  if (Array.isArray(value)) return value.map((item, n) => (n === part ? withAt(item, rest, text) : item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key === part ? withAt(item, rest, text) : item]),
  );
}

const wantsText = (issue: z.core.$ZodIssue) =>
  (issue.code === 'invalid_type' && issue.expected === 'string') ||
  (issue.code === 'invalid_union' && /expected string/.test(JSON.stringify(issue.errors)));
