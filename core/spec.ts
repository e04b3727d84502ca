import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { type Action, strictArgs } from './driver.ts';
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
  const files = paths.flatMap((path) => filesOf(path, reading.root, problems));
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
  const read = strictArgs(action).safeParse(filled);
  if (read.success) return read.data;
  throw new SpecError(
    read.error.issues.map((issue) => ({
      message: `\`${issue.path.join('.') || step.verb}\`: ${issueWords(issue)}`,
      place: step.placeOf(issue.path.map((part) => (typeof part === 'number' ? part : String(part)))),
      hint: 'the value came from `${}`: see what the step before saved',
    })),
  );
}

/** A path from where people stand, or the id of a journey, or of a folder of them, below journeys/. */
function filesOf(path: string, root: string, problems: Problem[]): string[] {
  const named = [resolve(path), join(root, path), join(root, `${path}.yaml`)].find((file) => existsSync(file));
  if (named !== undefined) return statSync(named).isDirectory() ? below(named) : [named];
  const file = resolve(path);
  const near = namesIn(dirname(file)).filter((name) => existsSync(join(dirname(file), name)));
  const close = nearest(basename(file), near) ?? near.find((name) => name.startsWith(basename(file)));
  const ids = existsSync(root) ? below(root).map((one) => idOf(one, root)) : [];
  const id = nearest(path, ids);
  const hint = close === undefined ? id : join(dirname(path), close);
  const all = ids.length === 0 ? 'run `throughline init` for a first journey' : `there are ${few(ids)}`;
  problems.push({ message: `no file or folder ${path}`, hint: hint === undefined ? all : `did you mean ${hint}?` });
  return [];
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

const few = (ids: readonly string[]) => (ids.length > 6 ? `${ids.slice(0, 6).join(', ')} and more` : ids.join(', '));

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
