import { z } from 'zod';
import type { Driver } from './driver.ts';
import type { JsonObject } from './json.ts';
import { journeyKeys, reserved } from './language.ts';
import { dataSource, schedule, tags, variant } from './spec/journey.ts';

type Schema = Record<string, unknown>;

const time: Schema = { type: 'string', pattern: '^\\d+(\\.\\d+)?(ms|s|m|h)$' };
const template: Schema = { type: 'string', pattern: '\\$\\{.+\\}' };

/** JSON schema (draft-07) of a journey file, made of the definitions that the engine parses with. */
export function journeySchema(drivers: ReadonlyMap<string, Driver>): JsonObject {
  const steps = { type: 'array', items: { $ref: '#/definitions/step' } };
  const properties: Schema = {
    title: { type: 'string' },
    owner: { type: 'string' },
    tags: bare(tags),
    schedule: bare(schedule),
    data: bare(dataSource),
    actors: {
      type: 'object',
      additionalProperties: { type: 'object', properties: settings(drivers), additionalProperties: false },
    },
    vars: { type: 'object' },
    variant: bare(variant),
    within: time,
    retry: { type: 'integer', minimum: 0, maximum: 10 },
    steps: { ...steps, minItems: 1 },
    whenever: { type: 'array', items: { $ref: '#/definitions/watcher' } },
    finally: steps,
  };
  for (const [key, about] of Object.entries(journeyKeys)) (properties[key] as Schema).description = about;
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Throughline journey',
    type: 'object',
    required: ['title', 'steps'],
    additionalProperties: false,
    properties,
    definitions: {
      step: step({
        ...actions(drivers, () => true),
        use: { type: 'string', description: 'a flow below journeys/, such as flows/sign-in' },
        together: together(),
      }),
      watcher: step(actions(drivers, (watch) => watch)),
    },
  } as JsonObject;
}

function step(verbs: Schema): Schema {
  const keys: Schema = {
    ...Object.fromEntries(['id', 'title', 'as', 'layer', 'owner', 'was', 'if'].map((key) => [key, { type: 'string' }])),
    within: time,
    target: time,
    save: { anyOf: [{ type: 'string' }, { type: 'object', additionalProperties: { type: 'string' } }] },
    soft: { type: 'boolean' },
    optional: { type: 'boolean' },
    retry: { type: 'integer', minimum: 0, maximum: 10 },
    with: { type: 'object' },
  };
  const one = Object.keys(verbs).map((key) => ({ required: [key] }));
  const described = Object.fromEntries(
    Object.entries(keys).map(([key, schema]) => [
      key,
      { ...(schema as Schema), description: reserved[key as keyof typeof reserved] },
    ]),
  );
  return {
    type: 'object',
    additionalProperties: false,
    properties: { ...verbs, ...described },
    anyOf: one.length > 0 ? one : [{ not: {} }],
    dependencies: { optional: ['within'], with: ['use'] },
  };
}

const together = (): Schema => ({
  type: 'array',
  minItems: 2,
  description: 'branches that run side by side; the step ends when all have ended',
  items: {
    type: 'object',
    required: ['steps'],
    additionalProperties: false,
    properties: {
      as: { type: 'string' },
      title: { type: 'string' },
      steps: { type: 'array', minItems: 1, items: { $ref: '#/definitions/step' } },
    },
  },
});

function actions(drivers: ReadonlyMap<string, Driver>, want: (watch: boolean) => boolean): Schema {
  const all: Schema = {};
  for (const [name, driver] of drivers)
    for (const [verb, action] of Object.entries(driver.actions)) {
      if (!want(action.watch !== undefined)) continue;
      const full = plain(action.args.strict());
      const main =
        action.main === undefined
          ? undefined
          : ((full.properties as Schema | undefined)?.[action.main] as Schema | undefined);
      const bare = (full.required as string[] | undefined)?.length ? [] : [{ type: 'null' }];
      const short = main && action.main !== undefined && onlyNeeds(full, action.main) ? [main] : [];
      all[verb === name ? name : `${name}.${verb}`] = { description: action.about, anyOf: [...short, full, ...bare] };
    }
  return all;
}

const onlyNeeds = (schema: Schema, main: string) =>
  ((schema.required as string[] | undefined) ?? []).every((key) => key === main);

function settings(drivers: ReadonlyMap<string, Driver>): Schema {
  return Object.fromEntries(
    [...drivers].map(([name, driver]) => [
      name,
      { ...plain(driver.settings.partial().strict()), description: driver.about },
    ]),
  );
}

/** A zod definition as schema, where anything but a string may also be a `${}`; what refers to itself (any JSON) is left open. */
const plain = (definition: z.ZodType) => filled(bare(definition)) as Schema;

function bare(definition: z.ZodType): Schema {
  const {
    $schema: _,
    definitions: __,
    ...schema
  } = z.toJSONSchema(definition, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
  }) as Schema;
  return schema;
}

function filled(schema: unknown, inside = false): unknown {
  if (Array.isArray(schema)) return schema.map((item) => filled(item, inside));
  if (typeof schema !== 'object' || schema === null) return schema;
  if ('$ref' in schema) return {};
  const entries = Object.entries(schema as Schema).map(([key, value]) => {
    if (key === 'properties' && typeof value === 'object')
      return [
        key,
        Object.fromEntries(Object.entries(value as Schema).map(([name, item]) => [name, filled(item, true)])),
      ];
    if (['items', 'anyOf', 'oneOf', 'allOf', 'additionalProperties', 'propertyNames'].includes(key))
      return [key, filled(value, key === 'items')];
    return [key, value];
  });
  const copy = Object.fromEntries(entries) as Schema;
  const text =
    copy.type === 'string' && copy.pattern === undefined && copy.enum === undefined && copy.format === undefined;
  if (!inside || text || copy.anyOf !== undefined || (copy.type === undefined && copy.enum === undefined)) return copy;
  const { description, default: usual, ...rest } = copy;
  return {
    anyOf: [rest, template],
    ...(description ? { description } : {}),
    ...(usual === undefined ? {} : { default: usual }),
  };
}
