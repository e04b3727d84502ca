import type { z } from 'zod';
import type { Place } from '../errors.ts';
import type { Json } from '../json.ts';
import { nearest } from '../nearest.ts';
import { nodeAt, type Positioned, type Problems, placeAt } from './positioned.ts';

const templated = (value: Json): boolean => {
  if (typeof value === 'string') return value.includes('${');
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((item: Json) => templated(item));
};

export function at(value: Json, path: readonly PropertyKey[]): Json | undefined {
  let now: Json | undefined = value;
  for (const part of path)
    now = typeof now === 'object' && now !== null ? (now as { [key: string]: Json })[String(part)] : undefined;
  return now;
}

/** Checks a value that may still hold `${}`: what is wrong at or above a template is left to the filled value. */
export function checkValue(
  schema: z.ZodType,
  value: Json,
  where: { readonly node: Positioned; readonly place: Place; readonly problems: Problems; readonly strip?: number },
): void {
  const read = schema.safeParse(value);
  if (read.success) return;
  for (const issue of read.error.issues) sayIssue(issue, value, where);
}

function sayIssue(
  issue: z.core.$ZodIssue,
  value: Json,
  where: { readonly node: Positioned; readonly place: Place; readonly problems: Problems; readonly strip?: number },
): void {
  const given = at(value, issue.path);
  if (given !== undefined && (typeof given === 'string' || issue.code === 'invalid_union') && templated(given)) return;
  const path = issue.path.slice(where.strip ?? 0);
  const name = issue.path.join('.');
  const place = path.length === 0 ? where.place : placeAt(where.node, path);
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) {
      const known = Object.keys((issue as { note?: object }).note ?? {});
      const close = nearest(key, known);
      const here = nodeAt(where.node, path)?.node;
      const entry = here?.kind === 'map' ? here.entries.find((one) => one.key === key) : undefined;
      where.problems.add(
        entry?.at ?? place,
        `unknown key \`${[...path, key].join('.')}\``,
        close && `did you mean \`${close}\`?`,
      );
    }
    return;
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const best = issue.errors.toSorted((a, b) => depth(b) - depth(a))[0] ?? [];
    const inner = best.find((one) => one.path.length > 0);
    if (inner) {
      sayIssue({ ...inner, path: [...issue.path, ...inner.path] } as z.core.$ZodIssue, value, where);
      return;
    }
  }
  where.problems.add(
    place,
    `${name ? `\`${name}\`: ` : ''}${wordsOf(issue)}`,
    hintOf(issue, nodeAt(where.node, path)?.node),
  );
}

const depth = (issues: readonly z.core.$ZodIssue[]) => Math.max(0, ...issues.map((issue) => issue.path.length));

function wordsOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const all = [...new Set(issue.errors.map((issues) => issues[0]?.message.replace(/^Invalid input: /, '')))];
    return all.join(', or ');
  }
  return issue.message.replace(/^Invalid input: /, '').replace(/^Invalid option: /, '');
}

function hintOf(issue: z.core.$ZodIssue, node: Positioned | undefined): string | undefined {
  if (node?.kind !== 'scalar' || typeof node.value === 'string') return undefined;
  const wantsText =
    (issue.code === 'invalid_type' && issue.expected === 'string') ||
    (issue.code === 'invalid_union' && /expected string/.test(JSON.stringify(issue.errors)));
  return wantsText && node.source !== '' ? `quote it: "${node.source}"` : undefined;
}
