import { compile } from '@jmespath-community/jmespath';
import { duration } from '../duration.ts';
import type { Place } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { nearest } from '../nearest.ts';
import { type Entry, entry, json, type Positioned, type Problems } from './positioned.ts';
import type { Common, Reader } from './reader.ts';
import type { Reading } from './reading.ts';

/** Reads the reserved keys of a step. */
export function commonOf(node: Positioned, action: Entry, reader: Reader): Common {
  const { problems, reading } = reader;
  const time = (key: 'within' | 'target') => readTime(entry(node, key), problems);
  const flag = (key: 'soft' | 'optional') => {
    const one = entry(node, key);
    const value = one ? json(one.value) : false;
    if (typeof value !== 'boolean') problems.add(one?.value.place ?? node.place, `\`${key}\` is true or false`);
    return value === true;
  };
  const text = (key: 'title' | 'owner' | 'was') => readText(entry(node, key), key, problems);
  const title = text('title');
  const within = time('within');
  const target = time('target');
  if (within !== undefined && target !== undefined && target > within)
    problems.add(entry(node, 'target')?.at ?? node.place, '`target` is later than `within`: it could never be missed');
  const optional = flag('optional');
  if (optional && within === undefined)
    problems.add(entry(node, 'optional')?.at ?? node.place, '`optional` needs `within`: how long to look for it');
  if (title !== undefined) reader.names.check(title, () => entry(node, 'title')?.value.place ?? node.place, problems);
  const retry = retryOf(node, problems);
  if (retry > 0 && reader.last)
    problems.add(
      entry(node, 'retry')?.at ?? node.place,
      'what stands in `finally` is never retried',
      'leave `retry` out',
    );
  return {
    actor: actorOf(node, reader),
    soft: flag('soft'),
    optional,
    retry,
    place: action.at,
    ...defined({ within, target, title, owner: text('owner'), was: text('was') }),
    ...defined({
      layer: layerOf(node, problems, reading),
      save: saveOf(node, problems),
      if: conditionOf(node, reader),
    }),
  };
}

const defined = <T extends object>(all: T) =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

export function readTime(one: Entry | undefined, problems: Problems): number | undefined {
  if (!one) return undefined;
  const read = duration.safeParse(json(one.value));
  if (read.success) return read.data;
  problems.add(
    one.value.place,
    `\`${one.key}: ${one.value.kind === 'scalar' ? one.value.source : '…'}\` is no duration`,
    'write 500ms, 8s, 2m or 1h',
  );
  return undefined;
}

export function readText(one: Entry | undefined, key: string, problems: Problems): string | undefined {
  if (!one) return undefined;
  const value = json(one.value);
  if (typeof value === 'string') return value;
  const hint = one.value.kind === 'scalar' && one.value.source !== '' ? `quote it: "${one.value.source}"` : undefined;
  problems.add(one.value.place, `\`${key}\` is a text`, hint);
  return undefined;
}

export function actorOf(node: Positioned, { problems, actors, actor }: Reader): string {
  const as = readText(entry(node, 'as'), 'as', problems);
  if (as === undefined) return actor;
  const close = nearest(as, actors);
  if (!actors.includes(as))
    problems.add(
      entry(node, 'as')?.value.place ?? node.place,
      `no actor \`${as}\``,
      close ? `did you mean \`${close}\`?` : 'declare it under `actors`',
    );
  return as;
}

function layerOf(node: Positioned, problems: Problems, { layers }: Reading): string | undefined {
  const layer = readText(entry(node, 'layer'), 'layer', problems);
  if (layer === undefined || layers.includes(layer)) return layer;
  const close = nearest(layer, layers);
  problems.add(
    entry(node, 'layer')?.value.place ?? node.place,
    `no layer \`${layer}\``,
    close ? `did you mean \`${close}\`?` : `there are ${layers.join(', ')}`,
  );
  return layer;
}

export function retryOf(node: Positioned, problems: Problems): number {
  const one = entry(node, 'retry');
  const value = one ? json(one.value) : 0;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 10) return value;
  problems.add(one?.value.place ?? node.place, '`retry` is a whole number from 0 to 10');
  return 0;
}

function saveOf(node: Positioned, problems: Problems): string | Readonly<Record<string, string>> | undefined {
  const one = entry(node, 'save');
  if (!one) return undefined;
  const value = json(one.value);
  if (typeof value === 'string') return value;
  if (one.value.kind !== 'map' || Object.values(value as JsonObject).some((path) => typeof path !== 'string')) {
    problems.add(one.value.place, '`save` is a name, or a mapping of names to JMESPath');
    return undefined;
  }
  for (const { value: path } of one.value.entries) readExpression(String(json(path)), path.place, problems);
  return value as Readonly<Record<string, string>>;
}

function conditionOf(node: Positioned, { problems, names }: Reader): string | undefined {
  const one = entry(node, 'if');
  const text = readText(one, 'if', problems);
  if (text === undefined || !one) return undefined;
  if (readExpression(text, one.value.place, problems)) names.ask(text, one.value.place, problems);
  return text;
}

/** True when it is one. */
export function readExpression(text: string, place: Place, problems: Problems): boolean {
  try {
    compile(text);
    return true;
  } catch (error) {
    problems.add(
      place,
      `JMESPath \`${text}\`: ${error instanceof Error ? error.message : String(error)}`,
      'see jmespath.org',
    );
    return false;
  }
}
