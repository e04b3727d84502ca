import type { Action } from './driver.ts';
import type { ActionStep } from './journey.ts';
import type { Json, JsonObject } from './json.ts';

/** How a step is told when it has no title of its own: the verb and its main argument, as a customer would say it. */
export function titleOf(step: ActionStep, action: Action, args: JsonObject): string {
  const own = action.title?.(args);
  if (own) return own;
  const verb = step.verb.replaceAll('-', ' ');
  const main = action.main === undefined ? undefined : args[action.main];
  return main === undefined ? verb : `${verb} ${short(main)}`;
}

function short(value: Json): string {
  if (typeof value === 'string') return /^[\w:/.@+-]+$/.test(value) ? cut(value) : `“${cut(value)}”`;
  if (typeof value !== 'object' || value === null) return String(value);
  return cut(
    Object.values(value)
      .filter((item) => typeof item !== 'object')
      .join(', '),
  );
}

const cut = (text: string) => (text.length > 60 ? `${text.slice(0, 59)}…` : text);
