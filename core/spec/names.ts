import { type Place, SpecError } from '../errors.ts';
import { references, type Scope } from '../fill.ts';
import type { Json, JsonObject } from '../json.ts';
import { roots, runNames } from '../language.ts';
import { nearest } from '../nearest.ts';
import type { Problems } from './positioned.ts';
import { rootsOf } from './roots.ts';

/** What is known of a root without running: its names, or a value to look into. */
export type Known =
  | { readonly names: readonly string[]; readonly unset?: readonly string[] }
  | { readonly value: Json }
  | 'anything';

/** The names that a step may use, as far as the file alone can tell. */
export class StaticNames {
  readonly #roots: ReadonlyMap<string, Known>;
  readonly #saved: Set<string>;

  constructor(known: ReadonlyMap<string, Known>, saved: Iterable<string> = []) {
    this.#roots = known;
    this.#saved = new Set(saved);
  }

  /** The names of a branch: what its sisters save is not there yet. */
  branch(): StaticNames {
    return new StaticNames(this.#roots, this.#saved);
  }

  /** After the branches all that they save is there. */
  join(branch: StaticNames): void {
    for (const name of branch.#saved) this.#saved.add(name);
  }

  save(name: string, place: Place, problems: Problems): void {
    if (!/^[A-Za-z_]\w*$/.test(name))
      problems.add(place, `\`${name}\` is no name to save under`, 'letters, digits and _');
    else if ([...roots, ...this.#roots.keys()].includes(name))
      problems.add(place, `\`save: ${name}\` would hide \${${name}}`, 'choose another name');
    this.#saved.add(name);
  }

  /** What is known as a value, without running: the configuration, and the journey's own `vars`. */
  get values(): Scope {
    return Object.fromEntries(
      [...this.#roots].flatMap(([name, known]) => (isValue(known) ? [[name, known.value]] : [])),
    );
  }

  /** Names every `${}` below the value that nothing known provides. */
  check(
    value: Json,
    place: (path: readonly string[]) => Place,
    problems: Problems,
    path: readonly string[] = [],
  ): void {
    if (typeof value === 'string') this.#text(value, place(path), problems);
    else if (typeof value === 'object' && value !== null)
      for (const [key, item] of Object.entries(value)) this.check(item as Json, place, problems, [...path, key]);
  }

  /** The same for what a JMESPath looks up: a name that is nowhere would make it null, and skip the step for ever. */
  ask(expression: string, place: Place, problems: Problems): void {
    for (const { root, path } of rootsOf(expression)) this.#one(path, root, place, problems);
  }

  #text(text: string, place: Place, problems: Problems): void {
    let found: ReturnType<typeof references>;
    try {
      found = references(text);
    } catch (error) {
      const [first] = error instanceof SpecError ? error.problems : [];
      problems.add(place, first?.message ?? String(error), first?.hint);
      return;
    }
    for (const { path, root } of found) this.#one(path, root, place, problems);
  }

  #one(path: string, root: string, place: Place, problems: Problems): void {
    if (this.#saved.has(root)) return;
    const known = this.#roots.get(root);
    if (known === undefined) {
      const all = [...this.#saved, ...this.#roots.keys()];
      const close = nearest(root, all);
      problems.add(
        place,
        `\${${path}}: nothing before saves \`${root}\``,
        (roots as readonly string[]).includes(root)
          ? 'a flow sees its inputs, config and run only: hand it in by `with`'
          : close
            ? `did you mean \`${close}\`?`
            : `there are ${all.join(', ')}`,
      );
      return;
    }
    if (known === 'anything') return;
    const parts = path
      .split(/\.|\[|\]\.?/)
      .filter((part) => part !== '')
      .slice(1);
    if ('names' in known) {
      const [first] = parts;
      if (first !== undefined && known.unset?.includes(first)) {
        problems.add(place, `\${${path}} has no value`, `set the environment variable ${first}`);
        return;
      }
      if (first !== undefined && known.names.includes(first)) return;
      this.#missing(path, known.names, { first: first ?? '', root, place, problems });
      return;
    }
    let value = known.value;
    for (const part of parts) {
      const names = typeof value === 'object' && value !== null ? Object.keys(value) : [];
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) {
        this.#missing(path, names, { first: part, root, place, problems });
        return;
      }
      value = (value as JsonObject)[part] as Json;
    }
  }

  #missing(
    path: string,
    names: readonly string[],
    {
      first,
      root,
      place,
      problems,
    }: { readonly first: string; readonly root: string; readonly place: Place; readonly problems: Problems },
  ): void {
    const close = nearest(first, names);
    const none = {
      customer: 'this journey has no `data`',
      env: 'allow it under `env` in the configuration',
      vars: 'add it under `vars`',
    }[root];
    if (/^\d+$/.test(first) && names.length > 0) {
      problems.add(place, `\${${path}} has no value`, `the list has ${names.length}, counted from 0`);
      return;
    }
    const there =
      names.length > 0 && root !== 'env'
        ? `there are ${names.join(', ')}`
        : (none ?? 'add it to the configuration of this place');
    problems.add(place, `\${${path}} has no value`, close ? `did you mean \`${close}\`?` : there);
  }
}

const isValue = (known: Known): known is { readonly value: Json } => typeof known === 'object' && 'value' in known;

export const runKnown: Known = { names: runNames };
