import { expect } from 'vitest';
import { bad, steps } from './bad-journey.ts';

bad('a name that nothing saves', steps('- chat.say: hi ${cse.id}'), { schema: 'passes' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:4:15 \${cse.id}: nothing before saves \`cse\`
      - chat.say: hi \${cse.id}
      hint: there are customer, config, vars, env, run"
`),
);
bad(
  'a name that is saved later',
  steps('- chat.say: ${greeting}\n- chat.hear: hi\n  save: greeting'),
  { schema: 'passes' },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:4:15 \${greeting}: nothing before saves \`greeting\`
      - chat.say: \${greeting}
      hint: there are customer, config, vars, env, run"
`),
);
bad(
  'a name that is nearly saved',
  steps('- chat.hear: hi\n  save: greeting\n- chat.say: ${greting.text}'),
  { schema: 'passes' },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:6:15 \${greting.text}: nothing before saves \`greting\`
      - chat.say: \${greting.text}
      hint: did you mean \`greeting\`?"
`),
);
bad('a customer without data', steps('- chat.say: ${customer.name}'), { schema: 'passes' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:4:15 \${customer.name} has no value
      - chat.say: \${customer.name}
      hint: this journey has no \`data\`"
`),
);
bad(
  'a value that the place has not',
  steps('- chat.say: ${config.desk.ulr} ${config.crm}'),
  { schema: 'passes' },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:4:15 \${config.desk.ulr} has no value
      - chat.say: \${config.desk.ulr} \${config.crm}
      hint: did you mean \`url\`?
  journeys/j.yaml:4:15 \${config.crm} has no value
      - chat.say: \${config.desk.ulr} \${config.crm}
      hint: there are desk"
`),
);
bad('a variable of the machine that is not allowed', steps('- chat.say: ${env.HOME}'), { schema: 'passes' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:4:15 \${env.HOME} has no value
        - chat.say: \${env.HOME}
        hint: allow it under \`env\` in the configuration"
  `),
);
bad(
  'vars that are not there',
  steps('- chat.say: ${vars.brnd} ${vars.list[1]} ${vars.brand.name}', 'vars: { brand: acme, list: [a] }\n'),
  { schema: 'passes' },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/j.yaml:5:15 \${vars.brnd} has no value
          - chat.say: \${vars.brnd} \${vars.list[1]} \${vars.brand.name}
          hint: did you mean \`brand\`?
      journeys/j.yaml:5:15 \${vars.list[1]} has no value
          - chat.say: \${vars.brnd} \${vars.list[1]} \${vars.brand.name}
          hint: the list has 1, counted from 0
      journeys/j.yaml:5:15 \${vars.brand.name} has no value
          - chat.say: \${vars.brnd} \${vars.list[1]} \${vars.brand.name}
          hint: add it under \`vars\`"
    `),
);
bad('something of the run that is not there', steps('- chat.say: ${run.wlak}'), { schema: 'passes' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:4:15 \${run.wlak} has no value
      - chat.say: \${run.wlak}
      hint: did you mean \`walk\`?"
`),
);
bad(
  'what every object has',
  steps('- chat.say: ${vars.constructor} ${config.toString}', 'vars: { brand: acme, list: [a] }\n'),
  { schema: 'passes' },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:5:15 \${vars.constructor} has no value
        - chat.say: \${vars.constructor} \${config.toString}
        hint: there are brand, list
    journeys/j.yaml:5:15 \${config.toString} has no value
        - chat.say: \${vars.constructor} \${config.toString}
        hint: there are desk"
  `),
);
bad('code', steps('- chat.say: ${1 + 1}\n- chat.say: ${customer.name.toUpperCase()}'), { schema: 'passes' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:4:15 \`\${1 + 1}\` is no path
        - chat.say: \${1 + 1}
        hint: write \${name}, \${name.key} or \${name[0].key}; no code
    journeys/j.yaml:5:15 \`\${customer.name.toUpperCase()}\` is no path
        - chat.say: \${customer.name.toUpperCase()}
        hint: write \${name}, \${name.key} or \${name[0].key}; no code"
  `),
);
bad(
  'an empty template, and one that does not end',
  steps('- chat.say: a ${} b\n- chat.say: a ${vars.brand b', 'vars: { brand: acme, list: [a] }\n'),
  { schema: 'passes' },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/j.yaml:5:15 \`\${}\` is no path
          - chat.say: a \${} b
          hint: write \${name}, \${name.key} or \${name[0].key}; no code
      journeys/j.yaml:6:15 \`\${vars.brand b\` is never closed
          - chat.say: a \${vars.brand b
          hint: close it with \`}\`, or write \`$\${\` where the text has a \`\${\` of its own"
    `),
);
bad(
  'a template in a reserved key',
  steps('- chat.say: hi\n  within: ${vars.brand}', 'vars: { brand: acme, list: [a] }\n'),
  { schema: 'rejects' },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:6:13 \`within: \${vars.brand}\` is no duration
      within: \${vars.brand}
      hint: write 500ms, 8s, 2m or 1h"
`),
);
bad('a name that hides a root', steps('- chat.hear: hi\n  save: customer'), { schema: 'passes' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:5:5 \`save: customer\` would hide \${customer}
      save: customer
      hint: choose another name"
`),
);
bad('a name that is none', steps('- chat.hear: hi\n  save: the case'), { schema: 'passes' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:5:5 \`the case\` is no name to save under
      save: the case
      hint: letters, digits and _"
`),
);
bad(
  'save with a path that is no JMESPath',
  steps('- chat.hear: hi\n  save: { id: "[" }'),
  { schema: 'passes' },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:5:17 JMESPath \`[\`: Syntax error: invalid token (EOF): ""
      save: { id: "[" }
      hint: see jmespath.org"
`),
);
bad('save that is a list', steps('- chat.hear: hi\n  save: [a]'), { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:5:11 \`save\` is a name, or a mapping of names to JMESPath
      save: [a]"
`),
);
bad(
  'a name of a deep value that is wrong',
  steps('- crm.expect: { case: { a: [{ b: "${nope}" }] } }'),
  { schema: 'passes' },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:4:36 \${nope}: nothing before saves \`nope\`
      - crm.expect: { case: { a: [{ b: "\${nope}" }] } }
      hint: there are customer, config, vars, env, run"
`),
);
