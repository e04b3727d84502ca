import { expect } from 'vitest';
import { bad, steps } from './bad-journey.ts';

bad(
  'an argument that is not indented',
  steps('- chat.hear:\n    text: hi\n  mentions: x'),
  { schema: 'rejects' },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:6:5 unknown key \`mentions\` in a step
        mentions: x
        hint: an argument of chat.hear is indented below it"
  `),
);
bad('an unknown argument', steps('- chat.hear: { text: hi, mention: you }'), { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:4:28 unknown key \`mention\`
        - chat.hear: { text: hi, mention: you }
        hint: did you mean \`mentions\`?"
  `),
);
bad(
  'no argument where one is needed',
  steps('- chat.say:\n- chat.hear: { mentions: you }'),
  { schema: 'rejects' },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/j.yaml:4:14 \`text\` is missing
          - chat.say:
      journeys/j.yaml:5:16 \`text\` is missing
          - chat.hear: { mentions: you }"
    `),
);
bad(
  'a number where a text is wanted',
  steps('- voice.dial: +442079460018\n- voice.press: 007'),
  { schema: 'rejects' },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/j.yaml:4:17 \`to\`: expected a text, got a number
          - voice.dial: +442079460018
          hint: quote it: "+442079460018"
      journeys/j.yaml:5:18 \`digits\`: expected a text, got a number
          - voice.press: 007
          hint: quote it: "007""
    `),
);
bad('a list with a number in it', steps('- chat.hear: [hello, 42]'), { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:4:24 \`text.1\`: expected a text, got a number
        - chat.hear: [hello, 42]
        hint: quote it: "42""
  `),
);
bad('digits that are none', steps('- voice.press: "two"'), { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:4:18 \`digits\`: expected digits, * and #
        - voice.press: "two""
  `),
);
bad('a mapping where a text is wanted', steps('- chat.say: { text: { en: hi } }'), { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:4:23 \`text\`: expected a text, got a mapping
        - chat.say: { text: { en: hi } }"
  `),
);
bad('a scalar for an action without a main argument', steps('- crm.expect: a case'), { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:4:17 crm.expect takes named arguments
        - crm.expect: a case
        hint: it has case, count, since"
  `),
);
bad(
  'a duration that is none, in a step and in an argument',
  steps('- voice.dial: { to: "127.0.0.1", ring: 5 }\n  within: 8 seconds'),
  { schema: 'rejects' },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/j.yaml:4:42 \`ring\`: expected a duration as 500ms, 8s, 2m or 1h
          - voice.dial: { to: "127.0.0.1", ring: 5 }
      journeys/j.yaml:5:13 \`within: 8 seconds\` is no duration
          within: 8 seconds
          hint: write 500ms, 8s, 2m or 1h"
    `),
);
bad(
  'an origin that no step before has',
  steps('- chat.say: hi\n  id: said\n- crm.expect: { case: { a: 1 }, since: siad }'),
  { schema: 'passes' },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:6:42 \`since: siad\`: no step before has that id
        - crm.expect: { case: { a: 1 }, since: siad }
        hint: did you mean \`said\`?"
  `),
);
bad(
  'a target that the guard forbids',
  steps('- voice.dial: +44 20 7946 0018\n- voice.dial: sip:desk@bank.example'),
  { schema: 'passes' },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/j.yaml:4:17 the guard does not allow +44 20 7946 0018
          - voice.dial: +44 20 7946 0018
          hint: allowed here: 127.0.0.1, localhost, [::1], *@127.0.0.1, *@localhost; add it to \`guard.targets\` in the configuration of this place
      journeys/j.yaml:5:17 the guard does not allow sip:desk@bank.example
          - voice.dial: sip:desk@bank.example
          hint: allowed here: 127.0.0.1, localhost, [::1], *@127.0.0.1, *@localhost; add it to \`guard.targets\` in the configuration of this place"
    `),
);
