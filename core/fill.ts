import { SpecError } from './errors.ts';
import { search } from './jmespath.ts';
import type { Json, JsonObject } from './json.ts';
import { nearest } from './nearest.ts';

/** Names that a template sees. */
export type Scope = Readonly<Record<string, Json>>;

export interface Reference {
  /** `customer.address.city`, `items[0].id`. */
  readonly path: string;
  readonly root: string;
}

const reference = /\$\$\{|\$\{\s*([^}]*?)\s*\}/g;
const whole = /^\$\{\s*([^}]*?)\s*\}$/;
const form = /^[A-Za-z_][\w-]*(?:\.[\w-]+|\[\d+\])*$/;

/** Every `${}` below a value. Throws SpecError for one that is no path. */
export function references(value: Json): readonly Reference[] {
  if (typeof value === 'string') {
    const open = value.replace(reference, '').indexOf('${');
    if (open >= 0)
      throw new SpecError(
        `\`${value.replace(reference, '').slice(open, open + 40)}\` is never closed`,
        'close it with `}`, or write `$${` where the text has a `${` of its own',
      );
    return [...value.matchAll(reference)].flatMap(([, path]) =>
      path === undefined ? [] : [{ path, root: partsOf(path)[0] as string }],
    );
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap((item: Json) => references(item));
}

/** Fills `${}`; a value that is one whole `${x}` keeps the type of x; `$${` stands for `${`. Throws SpecError for a missing value. */
export function fill(value: Json, scope: Scope): Json {
  if (typeof value === 'string') {
    const only = whole.exec(value)?.[1];
    if (only !== undefined) return look(only, scope);
    return value.replace(reference, (_, path?: string) => (path === undefined ? '${' : text(look(path, scope))));
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, scope));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, scope)]));
}

/** Fills what names one of these roots only and has a value there; the rest stays as it is. */
export function fillKnown(value: Json, scope: Scope): Json {
  if (typeof value === 'string') {
    try {
      return references(value).every(({ root }) => Object.hasOwn(scope, root)) ? fill(value, scope) : value;
    } catch {
      return value;
    }
  }
  if (Array.isArray(value)) return value.map((item) => fillKnown(item, scope));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillKnown(item, scope)]));
}

/** What a JMESPath expression gives over the names in scope. Throws SpecError. */
export function evaluate(expression: string, scope: Json): Json {
  try {
    return search(scope, expression);
  } catch (error) {
    throw new SpecError(
      `JMESPath \`${expression}\`: ${error instanceof Error ? error.message : String(error)}`,
      'see jmespath.org for the expression language',
    );
  }
}

function partsOf(path: string): string[] {
  if (!form.test(path))
    throw new SpecError(`\`\${${path}}\` is no path`, 'write ${name}, ${name.key} or ${name[0].key}; no code');
  return path.split(/\.|\[|\]\.?/).filter((part) => part !== '');
}

function look(path: string, scope: Scope): Json {
  let value: Json = scope as JsonObject;
  let seen = '';
  for (const part of partsOf(path)) {
    const known: Json | undefined =
      typeof value === 'object' && value !== null && Object.hasOwn(value, part)
        ? (value as JsonObject)[part]
        : undefined;
    if (known === undefined) {
      const names = typeof value === 'object' && value !== null ? Object.keys(value) : [];
      const close = /^\d+$/.test(part) ? undefined : nearest(part, names);
      const there =
        names.length > 0
          ? `${seen ? `${seen} has` : 'there are'} ${names.slice(0, 12).join(', ')}`
          : `${seen} holds ${JSON.stringify(value)}`;
      throw new SpecError(`\${${path}} has no value`, `${close ? `did you mean ${close}? ` : ''}${there}`);
    }
    value = known;
    seen = seen ? `${seen}.${part}` : part;
  }
  return value;
}

const text = (value: Json) => (typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value));
