import { globSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Driver, defineAction, defineDriver } from '../../core/driver.ts';
import { journeySchema } from '../../core/schema.ts';

const file = 'journeys/journey.schema.json';
const validate = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true }).compile(
  JSON.parse(readFileSync(file, 'utf8')),
);
const shipped = globSync('journeys/**/*.yaml').filter((path) => !path.startsWith('journeys/flows/'));

test('is draft-07 through and through', () => {
  const text = readFileSync(file, 'utf8');
  expect(text).toContain('"$schema": "http://json-schema.org/draft-07/schema#"');
  expect(text).not.toMatch(/"\$defs"|"prefixItems"|"unevaluatedProperties"|__schema/);
});

test.each(shipped)('accepts %s', (path) => {
  expect(validate(parse(readFileSync(path, 'utf8')))).toBe(true);
});

test('ships journeys to accept', () => expect(shipped.length).toBeGreaterThanOrEqual(4));

describe('what a template may stand for', () => {
  const driver = defineDriver({
    about: 'fax',
    settings: z.object({}),
    open: async () => ({ [Symbol.asyncDispose]: async () => undefined }),
    actions: {
      send: defineAction({
        about: 'send',
        main: 'text',
        layer: 'carrier',
        args: z.object({
          text: z.string(),
          copies: z.number().default(1).describe('how many'),
          colour: z.enum(['black', 'blue']).optional(),
          pages: z.array(z.object({ size: z.number() })).optional(),
          fields: z.record(z.string(), z.json()).optional(),
          either: z.union([z.number(), z.boolean()]).optional(),
        }),
        run: async () => undefined,
      }),
    },
  });
  const schema = journeySchema(new Map([['fax', driver as unknown as Driver]]));
  const check = new Ajv({ strict: true, strictTypes: false, strictRequired: false }).compile(schema);
  const valid = (args: unknown) => check({ title: 't', steps: [{ 'fax.send': args }] });

  test.each([
    ['a text', { text: '${x}' }, true],
    ['a number', { text: 'a', copies: '${x}' }, true],
    ['a number, but not any text', { text: 'a', copies: 'two' }, false],
    ['one of some words', { text: 'a', colour: '${x}' }, true],
    ['one of some words, but not any word', { text: 'a', colour: 'red' }, false],
    ['a list', { text: 'a', pages: '${x}' }, true],
    ['a thing in a list', { text: 'a', pages: [{ size: '${x}' }] }, true],
    ['anything in a record', { text: 'a', fields: { a: 1, b: [true, { c: null }] } }, true],
    ['a number or a switch', { text: 'a', either: '${x}' }, true],
    ['a scalar for the main argument', 'hello', true],
    ['no needed argument', { copies: 2 }, false],
    ['an argument that it has not', { text: 'a', copy: 2 }, false],
  ])('%s', (_, args, ok) => expect(valid(args)).toBe(ok));

  test('a default stays in the schema, and so do words for the editor', () => {
    expect(JSON.stringify(schema.definitions)).toContain('"description":"how many","default":1');
  });
});
