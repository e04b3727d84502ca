import { expect, test } from 'vitest';
import { SpecError } from '../../core/errors.ts';
import { evaluate, fill, references } from '../../core/fill.ts';

const scope = { customer: { name: 'Ada', 'first-name': 'A', age: 36, tags: ['x', 'y'] }, none: null, on: true };
const said = (work: () => unknown) => {
  try {
    return JSON.stringify(work());
  } catch (error) {
    return error instanceof SpecError ? error.message : error;
  }
};

test.each([
  ['hello ${customer.name}', 'hello Ada'],
  ['${customer.age}', 36],
  ['${ customer.age }', 36],
  ['${customer.age} years', '36 years'],
  ['${customer.tags}', ['x', 'y']],
  ['${customer.tags[1]}', 'y'],
  ['${customer.first-name}', 'A'],
  ['all: ${customer.tags}', 'all: ["x","y"]'],
  ['${on}', true],
  ['${none}', null],
  ['a${none}b', 'ab'],
  ['$${customer.name}', '${customer.name}'],
  ['$${a} ${customer.name} $', '${a} Ada $'],
  [
    ['${customer.age}', { a: '${customer.name}' }, 7, null],
    [36, { a: 'Ada' }, 7, null],
  ],
])('%j is filled as %j', (value, filled) => expect(fill(value, scope)).toEqual(filled));

test('a filled value is not filled again: what a bot says is no template', () => {
  expect(fill('${x}', { x: '${customer.pin}', customer: { pin: '1' } })).toBe('${customer.pin}');
  expect(fill('a ${x}', { x: '$& $1 ${customer.pin}' })).toBe('a $& $1 ${customer.pin}');
});

test('a missing value is named with what is there', () => {
  expect(said(() => fill('${customer.nam}', scope))).toMatchInlineSnapshot(`
    "\${customer.nam} has no value
        hint: did you mean name? customer has name, first-name, age, tags"
  `);
  expect(said(() => fill('${cust.name}', scope))).toMatchInlineSnapshot(`
    "\${cust.name} has no value
        hint: there are customer, none, on"
  `);
  expect(said(() => fill('${customer.age.years}', scope))).toMatchInlineSnapshot(`
    "\${customer.age.years} has no value
        hint: customer.age holds 36"
  `);
  expect(said(() => fill('${customer.tags[2]}', scope))).toMatchInlineSnapshot(`
    "\${customer.tags[2]} has no value
        hint: customer.tags has 0, 1"
  `);
  expect(said(() => fill('${customer.constructor}', scope))).toMatchInlineSnapshot(`
    "\${customer.constructor} has no value
        hint: customer has name, first-name, age, tags"
  `);
  expect(said(() => fill('${customer.name.length}', scope))).toMatchInlineSnapshot(`
    "\${customer.name.length} has no value
        hint: customer.name holds "Ada""
  `);
  expect(said(() => fill('${__proto__}', scope))).toMatchInlineSnapshot(`
    "\${__proto__} has no value
        hint: there are customer, none, on"
  `);
  expect(said(() => fill('${customer["name"]}', scope))).toMatchInlineSnapshot(`
    "\`\${customer["name"]}\` is no path
        hint: write \${name}, \${name.key} or \${name[0].key}; no code"
  `);
});

test('references are found at any depth, escaped ones are none, and an open one is an error', () => {
  expect(references({ a: ['${x.y} ${z}', '$${no}'] })).toEqual([
    { path: 'x.y', root: 'x' },
    { path: 'z', root: 'z' },
  ]);
  expect(said(() => references('see ${x'))).toMatchInlineSnapshot(`
    "\`\${x\` is never closed
        hint: close it with \`}\`, or write \`$\${\` where the text has a \`\${\` of its own"
  `);
});

test('JMESPath gives values, null for what is missing, and names what is wrong in an expression', () => {
  expect(evaluate('customer.tags[0]', scope)).toBe('x');
  expect(evaluate('customer.nope', scope)).toBe(null);
  expect(said(() => evaluate('customer.[', scope))).toMatchInlineSnapshot(`
    "JMESPath \`customer.[\`: Syntax error: invalid token (EOF): ""
        hint: see jmespath.org for the expression language"
  `);
  expect(said(() => evaluate('abs(customer.name)', scope))).toMatchInlineSnapshot(`
    "JMESPath \`abs(customer.name)\`: Invalid type: abs() expected argument 1 to be type (number) but received type string instead.
        hint: see jmespath.org for the expression language"
  `);
});
