import type { Json, JsonObject } from '../../core/json.ts';

const whole = /^\$\{([\w.]+)\}$/;
const deepest = 5;

/** Fills `${}` at the moment of use; values may hold further `${}`. What is absent is dropped instead of sent as null. */
export function fillMap(value: Json, vars: JsonObject, depth = 0): Json | undefined {
  if (typeof value === 'string') {
    const only = whole.exec(value)?.[1];
    if (only !== undefined) {
      const found = look(only, vars);
      return found === undefined || depth > deepest ? found : fillMap(found, vars, depth + 1);
    }
    return value.replace(/\$\{([\w.]+)\}/g, (_, path: string) => {
      const found = look(path, vars);
      const full = found === undefined || depth > deepest ? found : fillMap(found, vars, depth + 1);
      return full === undefined || full === null ? '' : typeof full === 'string' ? full : JSON.stringify(full);
    });
  }
  if (Array.isArray(value)) return value.flatMap((item) => fillMap(item, vars, depth) ?? []);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, fillMap(item, vars, depth)] as const);
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined)) as JsonObject;
}

function look(path: string, vars: JsonObject): Json | undefined {
  let value: Json | undefined = vars;
  for (const part of path.split('.'))
    value = typeof value === 'object' && value !== null ? (value as JsonObject)[part] : undefined;
  return value;
}
