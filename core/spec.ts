import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { Action } from './driver.ts';
import { type Problem, SpecError } from './errors.ts';
import { issueWords } from './issue.ts';
import type { ActionStep, Journey } from './journey.ts';
import type { JsonObject } from './json.ts';
import { nearest } from './nearest.ts';
import { readJourney } from './spec/journey.ts';
import { type Reading, shown } from './spec/reading.ts';

const aside = ['flows', 'people', 'sounds'];

/** Reads journeys whole. Throws one SpecError with every problem of every file; nothing is dialled before. */
export async function readJourneys(
  paths: readonly string[],
  reading: Reading,
): Promise<{ readonly journeys: readonly Journey[] }> {
  const problems: Problem[] = [];
  const files = paths.flatMap((path) => filesOf(path, problems));
  const journeys: Journey[] = [];
  for (const file of [...new Set(files)].sort()) {
    let bytes: Buffer;
    try {
      bytes = readFileSync(file);
    } catch (error) {
      problems.push({
        message: `${shown(file)} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      });
      continue;
    }
    const read = await readJourney(bytes, { file, shown: shown(file), id: idOf(file, reading.root), reading });
    problems.push(...read.problems);
    if (read.journey) journeys.push(read.journey);
  }
  if (problems.length > 0) throw new SpecError(problems);
  return { journeys };
}

/** Arguments of an action once `${}` is filled. Throws SpecError with the place of each argument at fault. */
export function parseArgs(action: Action, filled: JsonObject, step: ActionStep): unknown {
  const read = action.args.strict().safeParse(filled);
  if (read.success) return read.data;
  throw new SpecError(
    read.error.issues.map((issue) => ({
      message: `\`${issue.path.join('.') || step.verb}\`: ${issueWords(issue)}`,
      place: step.placeOf(issue.path.map((part) => (typeof part === 'number' ? part : String(part)))),
      hint: 'the value came from `${}`: see what the step before saved',
    })),
  );
}

function filesOf(path: string, problems: Problem[]): string[] {
  const file = resolve(path);
  try {
    return statSync(file).isDirectory() ? below(file) : [file];
  } catch {
    let near: string[] = [];
    try {
      near = readdirSync(dirname(file));
    } catch {}
    const close = nearest(basename(file), near) ?? near.find((name) => name.startsWith(basename(file)));
    problems.push({
      message: `no file or folder ${path}`,
      hint: close ? `did you mean ${join(dirname(path), close)}?` : 'run `throughline init` for a first journey',
    });
    return [];
  }
}

function below(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return aside.includes(entry.name) || entry.name.startsWith('.') ? [] : below(path);
    return /\.ya?ml$/.test(entry.name) ? [path] : [];
  });
}

function idOf(file: string, root: string): string {
  const path = relative(root, file).startsWith('..') ? basename(file) : relative(root, file);
  return path.replace(/\.ya?ml$/, '').replaceAll('\\', '/');
}
