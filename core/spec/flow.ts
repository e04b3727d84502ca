import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { z } from 'zod';
import { duration } from '../duration.ts';
import type { FlowStep } from '../journey.ts';
import type { Json, JsonObject } from '../json.ts';
import { flowKeys } from '../language.ts';
import { nearest } from '../nearest.ts';
import { checkValue } from './args.ts';
import { type Known, runKnown, StaticNames } from './names.ts';
import { type Entry, entry, json, type Positioned, Problems, placeAt, readPositioned } from './positioned.ts';
import type { Calling, Reader } from './reader.ts';
import { shown } from './reading.ts';
import { readSteps } from './steps.ts';

const types = { string: z.string(), number: z.number(), boolean: z.boolean(), duration } as const;
const input = z.union([
  z.enum(['string', 'number', 'boolean', 'duration']).transform((type) => ({ type, default: undefined })),
  z.strictObject({
    type: z.enum(['string', 'number', 'boolean', 'duration']),
    default: z.json().optional(),
    about: z.string().optional(),
  }),
]);

/** Reads `use: flows/x`, the flow's file with it. */
export function readCall(action: Entry, node: Positioned, { reader, common }: Calling): FlowStep | undefined {
  const { problems, reading } = reader;
  const flow = json(action.value);
  if (typeof flow !== 'string') {
    problems.add(action.value.place, '`use` names a flow', 'for example `use: flows/sign-in`');
    return undefined;
  }
  const path = normalize(join(reading.root, `${flow.replace(/\.ya?ml$/, '')}.yaml`));
  if (relative(reading.root, path).startsWith('..')) {
    problems.add(action.value.place, `the flow \`${flow}\` lies outside the journeys folder`);
    return undefined;
  }
  if (!existsSync(path)) {
    const close = nearest(flow, flowsBeside(path, reading.root));
    problems.add(
      action.value.place,
      `no flow \`${flow}\``,
      close ? `did you mean \`${close}\`?` : `expected ${shown(path)}`,
    );
    return undefined;
  }
  if (reader.within.includes(path)) {
    problems.add(action.value.place, `the flow \`${flow}\` uses itself`);
    return undefined;
  }
  return readFlow(path, { action, node, reader, common, flow });
}

function readFlow(
  path: string,
  call: Calling & { readonly action: Entry; readonly node: Positioned; readonly flow: string },
): FlowStep | undefined {
  const { reader, common, flow, node } = call;
  const own = new Problems();
  const body = readPositioned(readFileSync(path), shown(path), own);
  if (body && body.kind !== 'map')
    own.add(body.place, 'a flow is a mapping', `with ${Object.keys(flowKeys).join(', ')}`);
  if (body?.kind !== 'map') {
    reader.problems.found.push(...own.found);
    return undefined;
  }
  for (const { key, at } of body.entries)
    if (!Object.hasOwn(flowKeys, key))
      own.add(at, `a flow has no key \`${key}\``, `it has ${Object.keys(flowKeys).join(', ')}`);
  const inputs = inputsOf(body, own);
  const known = new Map<string, Known>([
    ...Object.keys(inputs).map((name): [string, Known] => [name, 'anything']),
    ['config', { value: reader.reading.config }],
    ['run', runKnown],
  ]);
  const names = new StaticNames(known);
  const steps = entry(body, 'steps');
  if (!steps) own.add(body.place, 'a flow needs `steps`');
  const prefix = `${common.name}/`;
  const inner: Reader = {
    ...reader,
    problems: own,
    names,
    prefix,
    actor: common.actor,
    ordinals: new Map(),
    within: [...reader.within, path],
  };
  const read = steps ? readSteps(steps.value, inner) : [];
  const outputs = entry(body, 'outputs');
  const given = (outputs ? json(outputs.value) : {}) as Readonly<Record<string, Json>>;
  if (outputs) names.check(given as JsonObject, (at) => placeAt(outputs.value, at), own);
  reader.problems.found.push(
    ...own.found.filter((problem) => !reader.problems.found.some((known) => same(known, problem))),
  );
  savedOutputs(node, Object.keys(given), call);
  return { kind: 'use', flow, with: withOf(node, inputs, call), outputs: given, steps: read, ...common };
}

function flowsBeside(path: string, root: string): string[] {
  try {
    return readdirSync(dirname(path))
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => relative(root, join(dirname(path), name)).slice(0, -5));
  } catch {
    return [];
  }
}

const same = (a: object, b: object) => JSON.stringify(a) === JSON.stringify(b);

type Inputs = Readonly<Record<string, { readonly type: keyof typeof types; readonly default?: Json | undefined }>>;

function inputsOf(body: Positioned, problems: Problems): Inputs {
  const one = entry(body, 'inputs');
  if (!one) return {};
  const read = z.record(z.string(), input).safeParse(json(one.value));
  if (read.success) return read.data as Inputs;
  for (const issue of read.error.issues)
    problems.add(
      placeAt(one.value, issue.path),
      `input \`${issue.path.join('.')}\`: expected a type`,
      'string, number, boolean or duration, or { type, default }',
    );
  return {};
}

function withOf(
  node: Positioned,
  inputs: Inputs,
  { reader, action, flow }: Calling & { readonly action: Entry; readonly flow: string },
): JsonObject {
  const { problems, names } = reader;
  const one = entry(node, 'with');
  if (one && one.value.kind !== 'map') {
    problems.add(
      one.value.place,
      '`with` is a mapping of inputs',
      `${flow} has ${Object.keys(inputs).join(', ') || 'none'}`,
    );
    return {};
  }
  const given = (one ? json(one.value) : {}) as JsonObject;
  const filled: Record<string, Json> = {};
  for (const { key, at } of one?.value.kind === 'map' ? one.value.entries : []) {
    const close = nearest(key, Object.keys(inputs));
    if (!inputs[key])
      problems.add(
        at,
        `${flow} has no input \`${key}\``,
        close ? `did you mean \`${close}\`?` : `it has ${Object.keys(inputs).join(', ') || 'none'}`,
      );
  }
  for (const [name, { type, default: usual }] of Object.entries(inputs)) {
    const value = given[name] ?? usual;
    if (value === undefined)
      problems.add(one?.at ?? action.at, `${flow} needs the input \`${name}\` (${type})`, `with: { ${name}: … }`);
    else {
      filled[name] = value;
      const place = one ? placeAt(one.value, [name]) : action.at;
      if (given[name] !== undefined && one)
        checkValue(z.object({ [name]: types[type] }), { [name]: value }, { node: one.value, place, problems });
      names.check(value, () => place, problems);
    }
  }
  return filled;
}

/** What a caller saves of a flow are its outputs, renamed or not. */
function savedOutputs(
  node: Positioned,
  outputs: readonly string[],
  { reader, flow }: Calling & { readonly flow: string },
): void {
  const save = entry(node, 'save');
  if (save?.value.kind !== 'map') return;
  for (const { value } of save.value.entries) {
    const name = /^\w+/.exec(String(json(value)))?.[0] ?? '';
    const close = nearest(name, outputs);
    if (!outputs.includes(name))
      reader.problems.add(
        value.place,
        `${flow} has no output \`${name}\``,
        close ? `did you mean \`${close}\`?` : `it has ${outputs.join(', ') || 'none'}`,
      );
  }
}
