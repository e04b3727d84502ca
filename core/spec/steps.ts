import type { z } from 'zod';
import { strictArgs } from '../driver.ts';
import { type Place, SpecError } from '../errors.ts';
import { fillKnown, references } from '../fill.ts';
import type { ActionStep, Branch, Step, TogetherStep } from '../journey.ts';
import type { JsonObject } from '../json.ts';
import { actionOf, reserved } from '../language.ts';
import { nearest } from '../nearest.ts';
import { checkValue } from './args.ts';
import type { StaticNames } from './names.ts';
import { type Entry, entry, json, type Positioned, placeAt } from './positioned.ts';
import type { Common, Reader } from './reader.ts';
import { actorOf, commonOf } from './reserved.ts';

export function readSteps(node: Positioned, reader: Reader): readonly Step[] {
  if (node.kind !== 'list') {
    reader.problems.add(node.place, 'expected a list of steps', 'each step starts with `- `');
    return [];
  }
  return node.items.flatMap((item) => readStep(item, reader) ?? []);
}

export function readStep(node: Positioned, reader: Reader): Step | undefined {
  const { problems } = reader;
  if (node.kind !== 'map') {
    problems.add(node.place, 'a step is a mapping with one action', 'for example `- voice.press: "2"`');
    return undefined;
  }
  const actions = node.entries.filter(({ key }) => !Object.hasOwn(reserved, key));
  const [action, another] = actions;
  if (!action) {
    problems.add(
      node.place,
      'a step needs an action',
      `one of ${[...reader.reading.drivers.keys()].join(', ')} with a verb, use, or together`,
    );
    return undefined;
  }
  if (another) {
    const known = actions.filter(({ key }) => isAction(key, reader));
    const odd = known.length === 1 ? actions.find(({ key }) => key !== known[0]?.key) : undefined;
    const close = odd && nearest(odd.key, Object.keys(reserved));
    if (odd && known[0])
      problems.add(
        odd.at,
        `unknown key \`${odd.key}\` in a step`,
        close ? `did you mean \`${close}\`?` : `an argument of ${known[0].key} is indented below it`,
      );
    else
      problems.add(
        another.at,
        `a step has exactly one action, found \`${action.key}\` and \`${another.key}\``,
        'start the next step with `- `',
      );
    if (!odd) return undefined;
    return stepOf(node, known[0] as Entry, reader);
  }
  return stepOf(node, action, reader);
}

function isAction(key: string, { reading }: Reader): boolean {
  if (key === 'use' || key === 'together') return true;
  const { driver, verb } = actionOf(key);
  return Object.hasOwn(reading.drivers.get(driver)?.actions ?? {}, verb);
}

function stepOf(node: Positioned, action: Entry, reader: Reader): Step | undefined {
  const name = nameOf(node, action, reader);
  const common = { name, ...commonOf(node, action, reader) };
  if (common.target !== undefined && !entry(node, 'id') && reader.prefix === '')
    reader.advice.push({
      message: `${action.key} has a target but no \`id\`: renamed or reordered it starts a new history`,
      place: action.at,
    });
  const step =
    action.key === 'use'
      ? reader.call(action, node, { reader, common })
      : action.key === 'together'
        ? together(action, reader, common)
        : actionStep(action, reader, common);
  if (entry(node, 'with') && action.key !== 'use')
    reader.problems.add(
      entry(node, 'with')?.at ?? node.place,
      '`with` belongs to `use`',
      `indent arguments below ${action.key}`,
    );
  if (common.save !== undefined && action.key === 'together')
    reader.problems.add(
      entry(node, 'save')?.at ?? node.place,
      '`together` has nothing to save',
      'save in the steps of its branches',
    );
  else if (common.save !== undefined) {
    const at = entry(node, 'save')?.at ?? node.place;
    for (const saved of typeof common.save === 'string' ? [common.save] : Object.keys(common.save))
      reader.names.save(saved, at, reader.problems);
  }
  return step;
}

function nameOf(node: Positioned, action: Entry, { prefix, taken, ordinals, problems }: Reader): string {
  const id = entry(node, 'id');
  if (id) {
    const text = String(json(id.value));
    if (!/^[a-z0-9][\w.-]*$/i.test(text))
      problems.add(id.value.place, `\`${text}\` is no id`, 'letters, digits, - _ and .');
    if (taken.has(prefix + text)) problems.add(id.value.place, `the id \`${text}\` is there twice`);
    taken.add(prefix + text);
    return prefix + text;
  }
  const verb = action.key === 'use' ? (String(json(action.value)).split('/').at(-1) ?? 'use') : action.key;
  const called = (nth: number) => `${prefix}${verb}${nth > 1 ? `#${nth}` : ''}`;
  let nth = (ordinals.get(verb) ?? 0) + 1;
  // An `id` may look like one of ours.
  while (taken.has(called(nth))) nth += 1;
  ordinals.set(verb, nth);
  const name = called(nth);
  taken.add(name);
  return name;
}

function actionStep(action: Entry, reader: Reader, common: Common & { name: string }): ActionStep | undefined {
  const { reading, problems, names } = reader;
  const { driver, verb } = actionOf(action.key);
  const part = reading.drivers.get(driver);
  const definition = isAction(action.key, reader) ? part?.actions[verb] : undefined;
  if (!definition) {
    const all = [...reading.drivers].flatMap(([name, { actions }]) =>
      Object.keys(actions).map((one) => `${name}.${one}`),
    );
    const close = nearest(action.key, [...all, ...Object.keys(reserved), 'use', 'together']);
    const verbs = part
      ? `${driver} has ${Object.keys(part.actions).join(', ')}`
      : `there are ${[...reading.drivers.keys()].join(', ')}`;
    problems.add(
      action.at,
      part ? `${driver} has no verb \`${verb}\`` : `unknown action \`${action.key}\``,
      close ? `did you mean \`${close}\`?` : verbs,
    );
    return undefined;
  }
  const given = json(action.value);
  const short = given !== null && (typeof given !== 'object' || Array.isArray(given));
  if (short && definition.main === undefined)
    problems.add(
      action.value.place,
      `${action.key} takes named arguments`,
      `it has ${Object.keys(definition.args.shape).join(', ')}`,
    );
  const args = (given === null ? {} : short ? { [definition.main ?? 'value']: given } : given) as JsonObject;
  const strip = short ? 1 : 0;
  const known = fillKnown(args, names.values) as JsonObject;
  const schema = strictArgs(definition) as z.ZodType;
  const before = problems.found.length;
  if (!short || definition.main !== undefined)
    checkValue(schema, known, {
      node: action.value,
      place: given === null ? action.at : action.value.place,
      problems,
      strip,
    });
  const placeOf = (path: readonly (string | number)[]) => placeAt(action.value, path.slice(strip));
  names.check(args, (path) => placeOf(path), problems);
  earlier(args, reader, placeOf(['since']));
  if (problems.found.length === before)
    guarded(literalTargets(definition, known), placeOf([definition.main ?? '']), reader);
  return { kind: 'action', driver, verb, args, placeOf, ...common };
}

function guarded(targets: readonly string[], place: Place, { reading, problems }: Reader): void {
  for (const target of targets) {
    try {
      reading.literal?.(target);
    } catch (error) {
      const [first] = error instanceof SpecError ? error.problems : [];
      problems.add(place, first?.message ?? `\`${target}\` is no address that can be contacted`, first?.hint);
    }
  }
}

function literalTargets(
  definition: { targets?(args: JsonObject): readonly string[] },
  args: JsonObject,
): readonly string[] {
  try {
    return (definition.targets?.(args) ?? []).filter(
      (target) => typeof target === 'string' && references(target).length === 0,
    );
  } catch {
    return [];
  }
}

/** `since` names the act of a step that comes before. */
function earlier(args: JsonObject, { taken, prefix, problems }: Reader, place: Place): void {
  const { since } = args;
  if (typeof since !== 'string' || since.includes('${')) return;
  if (taken.has(prefix + since) || taken.has(since)) return;
  const close = nearest(
    since,
    [...taken].map((name) => name.slice(prefix.length)),
  );
  problems.add(
    place,
    `\`since: ${since}\`: no step before has that id`,
    close ? `did you mean \`${close}\`?` : 'give the step an `id`',
  );
}

function together(action: Entry, reader: Reader, common: Common & { name: string }): TogetherStep | undefined {
  const { problems } = reader;
  if (action.value.kind !== 'list' || action.value.items.length < 2) {
    problems.add(
      action.value.place,
      '`together` is a list of two or more branches',
      'each `- as: actor` with `steps:`',
    );
    return undefined;
  }
  const busy = new Map<string, number>();
  const own: StaticNames[] = [];
  const branches = action.value.items.flatMap((item, n): Branch[] => {
    const steps = entry(item, 'steps');
    for (const { key, at } of item.kind === 'map' ? item.entries : [])
      if (!['as', 'steps', 'title'].includes(key)) problems.add(at, `a branch has no key \`${key}\``, 'as, steps');
    if (!steps) {
      problems.add(item.place, 'a branch needs `steps`');
      return [];
    }
    const actor = actorOf(item, { ...reader, actor: common.actor });
    const names = reader.names.branch();
    own.push(names);
    const inner = readSteps(steps.value, { ...reader, actor, names });
    for (const pair of new Set(pairs(inner))) {
      const other = busy.get(pair);
      if (other !== undefined && other !== n)
        problems.add(
          item.place,
          `two branches use ${pair}`,
          'the same actor can do one thing at a time: another actor, or one branch',
        );
      busy.set(pair, n);
    }
    return [{ actor, steps: inner }];
  });
  for (const names of own) reader.names.join(names);
  return { kind: 'together', branches, ...common };
}

function* pairs(steps: readonly Step[]): Generator<string> {
  for (const step of steps) {
    if (step.kind === 'action') yield `${step.driver} as ${step.actor}`;
    else if (step.kind === 'use') yield* pairs(step.steps);
    else for (const branch of step.branches) yield* pairs(branch.steps);
  }
}
