import { readFileSync } from 'node:fs';
import { type Place, SpecError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { entry, json, type Positioned, Problems, readPositioned } from '../core/spec/positioned.ts';

/** A configuration file as read, with the places of its keys. */
export interface Source {
  readonly environment: string;
  readonly file: string;
  readonly raw: JsonObject;
  readonly body: Positioned;
  /** Takes what is found wrong later. */
  readonly problems: Problems;
  /** The key at a path, else the nearest one above it. */
  place(path: readonly string[]): Place;
}

/** Reads a configuration by the rules that hold for journeys. Throws SpecError. */
export function readYaml(
  path: string,
  { file, environment }: { readonly file: string; readonly environment: string },
): Source {
  const problems = new Problems();
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new SpecError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const start: Place = { file, line: 1, column: 1 };
  const blank = bytes.length < 10_000 && /^(\s*(#.*)?\n?)*$/.test(bytes.toString('utf8'));
  const body: Positioned | undefined = blank
    ? { kind: 'map', entries: [], place: start }
    : readPositioned(bytes, file, problems);
  if (body && body.kind !== 'map') problems.add(body.place, 'a configuration is a mapping');
  if (!body || problems.found.length > 0) throw new SpecError(problems.found);
  const place = (path: readonly string[]): Place => {
    let node: Positioned = body;
    let at = start;
    for (const key of path) {
      const below = entry(node, key);
      if (!below) return at;
      [node, at] = [below.value, below.at];
    }
    return at;
  };
  return { environment, file, raw: json(body) as JsonObject, body, problems, place };
}
