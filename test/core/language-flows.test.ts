import { expect, test } from 'vitest';
import { bad, readText, steps } from './bad-journey.ts';

const flow = `inputs:
  name: string
  pin: string
  tries: { type: number, default: 1 }
outputs:
  balance: \${seen.balance}
steps:
  - chat.say: \${name} \${pin} \${tries}
  - chat.hear: Welcome
    save: seen
`;

bad(
  'a flow that is not there',
  steps('- use: flows/sing-in'),
  { schema: 'passes', also: { 'flows/sign-in.yaml': flow } },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/j.yaml:4:10 no flow \`flows/sing-in\`
          - use: flows/sing-in
          hint: did you mean \`flows/sign-in\`?"
    `),
);
bad('a flow that is a number', steps('- use: 7'), { schema: 'rejects', also: { 'flows/sign-in.yaml': flow } }, (said) =>
  expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:4:10 \`use\` names a flow
      - use: 7
      hint: for example \`use: flows/sign-in\`"
`),
);
bad(
  'a flow outside the journeys',
  steps('- use: ../../etc/passwd'),
  { schema: 'passes', also: { 'flows/sign-in.yaml': flow } },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:4:10 the flow \`../../etc/passwd\` lies outside the journeys folder
      - use: ../../etc/passwd"
`),
);
bad(
  'a flow that uses itself',
  steps('- use: flows/a'),
  {
    schema: 'passes',
    also: { 'flows/a.yaml': 'steps:\n  - use: flows/b\n', 'flows/b.yaml': 'steps:\n  - use: flows/a\n' },
  },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
  "journeys/flows/b.yaml:2:10 the flow \`flows/a\` uses itself
      - use: flows/a"
`),
);
bad(
  'inputs that are unknown, missing and of the wrong type',
  steps('- use: flows/sign-in\n  with: { nam: Ada, tries: many }'),
  { schema: 'passes', also: { 'flows/sign-in.yaml': flow } },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/j.yaml:5:5 flows/sign-in needs the input \`name\` (string)
          with: { nam: Ada, tries: many }
          hint: with: { name: … }
      journeys/j.yaml:5:5 flows/sign-in needs the input \`pin\` (string)
          with: { nam: Ada, tries: many }
          hint: with: { pin: … }
      journeys/j.yaml:5:13 flows/sign-in has no input \`nam\`
          with: { nam: Ada, tries: many }
          hint: did you mean \`name\`?
      journeys/j.yaml:5:30 \`tries\`: expected a number, got a text
          with: { nam: Ada, tries: many }"
    `),
);
bad(
  'a number for an input that is a text',
  steps('- use: flows/sign-in\n  with: { name: Ada, pin: 0042 }'),
  { schema: 'passes', also: { 'flows/sign-in.yaml': flow } },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/j.yaml:5:29 \`pin\`: expected a text, got a number
          with: { name: Ada, pin: 0042 }
          hint: quote it: "0042""
    `),
);
bad(
  'no inputs at all',
  steps('- use: flows/sign-in'),
  { schema: 'passes', also: { 'flows/sign-in.yaml': flow } },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:4:5 flows/sign-in needs the input \`name\` (string)
      - use: flows/sign-in
      hint: with: { name: … }
  journeys/j.yaml:4:5 flows/sign-in needs the input \`pin\` (string)
      - use: flows/sign-in
      hint: with: { pin: … }"
`),
);
bad(
  'inputs that are a list',
  steps('- use: flows/sign-in\n  with: [Ada]'),
  { schema: 'rejects', also: { 'flows/sign-in.yaml': flow } },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/j.yaml:5:11 \`with\` is a mapping of inputs
          with: [Ada]
          hint: flows/sign-in has name, pin, tries"
    `),
);
bad(
  'an output that it has not',
  steps('- use: flows/sign-in\n  with: { name: Ada, pin: "1" }\n  save: { b: balanec }'),
  { schema: 'passes', also: { 'flows/sign-in.yaml': flow } },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:6:16 flows/sign-in has no output \`balanec\`
      save: { b: balanec }
      hint: did you mean \`balance\`?"
`),
);
bad(
  'a flow with a wrong key, type, step and output',
  steps('- use: flows/x'),
  {
    schema: 'passes',
    also: { 'flows/x.yaml': 'input: {}\ninputs: { a: text }\noutputs: { b: "${c}" }\nsteps:\n  - chat.sey: hi\n' },
  },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/flows/x.yaml:1:1 a flow has no key \`input\`
          input: {}
          hint: it has title, inputs, outputs, steps
      journeys/flows/x.yaml:2:14 input \`a\`: expected a type
          inputs: { a: text }
          hint: string, number, boolean or duration, or { type, default }
      journeys/flows/x.yaml:3:15 \${c}: nothing before saves \`c\`
          outputs: { b: "\${c}" }
          hint: there are config, run
      journeys/flows/x.yaml:5:5 chat has no verb \`sey\`
          - chat.sey: hi
          hint: did you mean \`chat.say\`?"
    `),
);
bad(
  'a flow that sees its inputs only',
  steps('- use: flows/x', 'vars: { brand: acme }\n'),
  { schema: 'passes', also: { 'flows/x.yaml': 'steps:\n  - chat.say: ${vars.brand} ${customer.name}\n' } },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/flows/x.yaml:2:15 \${vars.brand}: nothing before saves \`vars\`
          - chat.say: \${vars.brand} \${customer.name}
          hint: a flow sees its inputs, config and run only: hand it in by \`with\`
      journeys/flows/x.yaml:2:15 \${customer.name}: nothing before saves \`customer\`
          - chat.say: \${vars.brand} \${customer.name}
          hint: a flow sees its inputs, config and run only: hand it in by \`with\`"
    `),
);
bad('an empty flow', steps('- use: flows/x'), { schema: 'passes', also: { 'flows/x.yaml': '' } }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/flows/x.yaml:1:1 the file is empty
        hint: a journey has at least a title and steps, a flow steps"
  `),
);
bad(
  'a flow that is a list',
  steps('- use: flows/x'),
  { schema: 'passes', also: { 'flows/x.yaml': '- chat.say: hi\n' } },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/flows/x.yaml:1:1 a flow is a mapping
          - chat.say: hi
          hint: with title, inputs, outputs, steps"
    `),
);
bad(
  'one fault in a flow that is used twice',
  steps('- use: flows/x\n- use: flows/x'),
  { schema: 'passes', also: { 'flows/x.yaml': 'steps:\n  - chat.sey: hi\n' } },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
  "journeys/flows/x.yaml:2:5 chat has no verb \`sey\`
      - chat.sey: hi
      hint: did you mean \`chat.say\`?"
`),
);

test('a flow is read with defaults for inputs, its own names and outputs that may be renamed', async () => {
  const text = steps(
    '- use: flows/sign-in\n  id: in\n  with: { name: "${vars.who}", pin: "0042" }\n  save: { money: balance }\n- chat.say: ${money}',
    'vars: { who: Ada }\n',
  );
  const { steps: read } = await readText(text, { 'flows/sign-in.yaml': flow });
  expect(read[0]).toMatchObject({
    kind: 'use',
    name: 'in',
    with: { name: '${vars.who}', pin: '0042', tries: 1 },
    outputs: { balance: '${seen.balance}' },
    save: { money: 'balance' },
    steps: [{ name: 'in/chat.say' }, { name: 'in/chat.hear' }],
  });
});

test('the same flow twice has two names in history', async () => {
  const twice = steps('- use: flows/x\n- use: flows/x\n  as: agent', 'actors: { agent: {} }\n');
  const { steps: read } = await readText(twice, { 'flows/x.yaml': 'steps:\n  - chat.say: hi\n' });
  expect(read).toMatchObject([
    { name: 'x', steps: [{ name: 'x/chat.say', actor: 'customer' }] },
    { name: 'x#2', steps: [{ name: 'x#2/chat.say', actor: 'agent' }] },
  ]);
});
