import { expect } from 'vitest';
import { bad, steps } from './bad-journey.ts';

bad('a step that is a text', steps('- chat.say'), { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:4:5 a step is a mapping with one action
      - chat.say
      hint: for example \`- voice.press: "2"\`"
`),
);
bad('a step that is nothing', steps('- chat.say: hi\n-'), { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:5:4 a step is a mapping with one action
        -
        hint: for example \`- voice.press: "2"\`"
  `),
);
bad('a step without an action', steps('- within: 8s'), { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:4:5 a step needs an action
        - within: 8s
        hint: one of chat, voice, crm with a verb, use, or together"
  `),
);
bad('two actions in a step', steps('- chat.say: hi\n  chat.hear: you'), { schema: 'passes' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:5:5 a step has exactly one action, found \`chat.say\` and \`chat.hear\`
        chat.hear: you
        hint: start the next step with \`- \`"
  `),
);
bad('a misspelt key of a step', steps('- chat.hear: hi\n  withn: 8s'), { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:5:5 unknown key \`withn\` in a step
        withn: 8s
        hint: did you mean \`within\`?"
  `),
);
bad('an unknown driver', steps('- chta.say: hi\n- telex.send: hi'), { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:4:5 unknown action \`chta.say\`
        - chta.say: hi
        hint: did you mean \`chat.say\`?
    journeys/j.yaml:5:5 unknown action \`telex.send\`
        - telex.send: hi
        hint: there are chat, voice, crm"
  `),
);
bad('an unknown verb', steps('- chat.sey: hi\n- chat.whistle: hi\n- chat: hi'), { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:4:5 chat has no verb \`sey\`
        - chat.sey: hi
        hint: did you mean \`chat.say\`?
    journeys/j.yaml:5:5 chat has no verb \`whistle\`
        - chat.whistle: hi
        hint: chat has open, say, hear
    journeys/j.yaml:6:5 chat has no verb \`chat\`
        - chat: hi
        hint: chat has open, say, hear"
  `),
);
bad(
  'a verb that every object has',
  steps('- chat.constructor: hi\n- chat.__proto__: hi'),
  { schema: 'rejects' },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:4:5 chat has no verb \`constructor\`
        - chat.constructor: hi
        hint: chat has open, say, hear
    journeys/j.yaml:5:5 chat has no verb \`__proto__\`
        - chat.__proto__: hi
        hint: chat has open, say, hear"
  `),
);
bad(
  'a target later than the limit',
  steps('- chat.hear: hi\n  id: a\n  within: 2s\n  target: 8s'),
  { schema: 'passes' },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:7:5 \`target\` is later than \`within\`: it could never be missed
        target: 8s"
  `),
);
bad('optional for ever', steps('- chat.hear: hi\n  optional: true'), { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:5:5 \`optional\` needs \`within\`: how long to look for it
        optional: true"
  `),
);
bad('yes is a text', steps('- chat.hear: hi\n  soft: yes'), { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:5:11 \`soft\` is true or false
        soft: yes"
  `),
);
bad('tried for ever', steps('- chat.hear: hi\n  retry: 100'), { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:5:12 \`retry\` is a whole number from 0 to 10
        retry: 100"
  `),
);
bad('a title that is a number', steps('- chat.hear: hi\n  title: 7'), { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:5:12 \`title\` is a text
        title: 7
        hint: quote it: "7""
  `),
);
bad(
  'an actor that nobody declared',
  steps('- chat.hear: hi\n  as: agnet', 'actors: { agent: {} }\n'),
  { schema: 'passes' },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:6:9 no actor \`agnet\`
        as: agnet
        hint: did you mean \`agent\`?"
  `),
);
bad('a layer that the place has not', steps('- chat.hear: hi\n  layer: crmm'), { schema: 'passes' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:5:12 no layer \`crmm\`
        layer: crmm
        hint: did you mean \`crm\`?"
  `),
);
bad(
  'an id that is none, and one that is there twice',
  steps('- chat.hear: hi\n  id: "a b"\n- chat.hear: hi\n  id: c\n- chat.hear: hi\n  id: c'),
  { schema: 'passes' },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:5:9 \`a b\` is no id
        id: "a b"
        hint: letters, digits, - _ and .
    journeys/j.yaml:9:9 the id \`c\` is there twice
        id: c"
  `),
);
bad('a condition that is no JMESPath', steps('- chat.hear: hi\n  if: "a ==="'), { schema: 'passes' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:5:9 JMESPath \`a ===\`: Syntax error: invalid token (Assign): "="
        if: "a ==="
        hint: see jmespath.org"
  `),
);
bad('inputs without a flow', steps('- chat.hear: hi\n  with: { mentions: you }'), { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:5:5 \`with\` belongs to \`use\`
        with: { mentions: you }
        hint: indent arguments below chat.hear"
  `),
);
bad(
  'one branch side by side',
  steps('- together:\n    - steps:\n        - chat.say: hi'),
  { schema: 'rejects' },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:5:7 \`together\` is a list of two or more branches
        - steps:
        hint: each \`- as: actor\` with \`steps:\`"
  `),
);
bad(
  'branches with a wrong key and without steps',
  steps('- together:\n    - step:\n        - chat.say: hi\n    - as: customer'),
  { schema: 'rejects' },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:5:9 a branch has no key \`step\`
        - step:
        hint: as, steps
    journeys/j.yaml:5:9 a branch needs \`steps\`
        - step:
    journeys/j.yaml:7:9 a branch needs \`steps\`
        - as: customer"
  `),
);
bad(
  'one actor in two branches',
  steps('- together:\n    - steps:\n        - chat.say: hi\n    - steps:\n        - chat.hear: hi'),
  { schema: 'passes' },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:7:9 two branches use chat as customer
        - steps:
        hint: the same actor can do one thing at a time: another actor, or one branch"
  `),
);
bad(
  'a watcher that cannot watch',
  steps('- chat.say: hi', 'whenever:\n  - chat.say: hi\n  - use: flows/x\n'),
  { schema: 'rejects', also: { 'flows/x.yaml': 'steps:\n  - chat.say: hi\n' } },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:4:5 chat.say cannot watch
        - chat.say: hi
        hint: these can: chat.hear
    journeys/j.yaml:5:5 use cannot watch
        - use: flows/x
        hint: these can: chat.hear"
  `),
);
bad(
  'several problems in one file, each told',
  steps('- chat.say: 1\n- chat.sey: hi\n- chat.hear: hi\n  within: soon'),
  { schema: 'rejects' },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/j.yaml:4:15 \`text\`: expected a text, got a number
          - chat.say: 1
          hint: quote it: "1"
      journeys/j.yaml:5:5 chat has no verb \`sey\`
          - chat.sey: hi
          hint: did you mean \`chat.say\`?
      journeys/j.yaml:7:13 \`within: soon\` is no duration
          within: soon
          hint: write 500ms, 8s, 2m or 1h"
    `),
);
