import { evaluate, fill, references, type Scope } from './fill.ts';
import type { Json, JsonObject } from './json.ts';

/** Names that `${}` sees: fixed roots and what earlier steps saved. A flow has a scope of its own. */
export class Names {
  readonly #roots: Scope;
  readonly #saved: Record<string, Json> = {};
  /** Names that a failed step would have saved, and why they are not there. */
  readonly #missed = new Map<string, string>();
  /** In front of step names in this scope: `sign-in/`, or nothing. */
  readonly prefix: string;

  constructor(roots: Scope, prefix = '') {
    this.#roots = roots;
    this.prefix = prefix;
  }

  get scope(): Scope {
    return { ...this.#saved, ...this.#roots };
  }

  fill(value: Json): Json {
    return fill(value, this.scope);
  }

  /** Whether everything that it names is there. */
  fits(value: Json): boolean {
    try {
      this.fill(value);
      return true;
    } catch {
      return false;
    }
  }

  /** An empty list, an empty string, `false` and `null` count as false, as in JMESPath. */
  truthy(expression: string): boolean {
    const value = evaluate(expression, this.scope);
    if (value === null || value === false || value === '') return false;
    return !(typeof value === 'object' && Object.keys(value).length === 0);
  }

  miss(as: string | Readonly<Record<string, string>>, why: string): void {
    for (const name of typeof as === 'string' ? [as] : Object.keys(as)) this.#missed.set(name, why);
  }

  /** Why a value below cannot be filled, where a step that failed would have saved it. */
  missed(value: Json): string | undefined {
    const root = references(value).find(
      (one) => !Object.hasOwn(this.scope, one.root) && this.#missed.has(one.root),
    )?.root;
    return root === undefined ? undefined : `\`${root}\` was never saved: ${this.#missed.get(root)}`;
  }

  save(as: string | Readonly<Record<string, string>>, result: Json): void {
    if (typeof as === 'string') this.#saved[as] = result;
    else for (const [name, path] of Object.entries(as)) this.#saved[name] = evaluate(path, result as JsonObject);
  }
}

/** What can be kept of an action's result: plain JSON, or null. */
export function plain(result: unknown): Json {
  return result === undefined ? null : (JSON.parse(JSON.stringify(result) ?? 'null') as Json);
}
