import { expect, test } from 'vitest';
import { bad, readText, steps } from './bad-journey.ts';

bad('a misspelt key', 'titel: t\nsteps:\n  - chat.say: hi\n', { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:1:1 unknown key \`titel\` in a journey
      titel: t
      hint: did you mean \`title\`?
  journeys/j.yaml:1:1 a journey needs a \`title\`
      titel: t
      hint: what the customer wants, in one sentence"
`),
);
bad('nothing but an owner', 'owner: o\n', { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:1:1 a journey needs a \`title\`
      owner: o
      hint: what the customer wants, in one sentence
  journeys/j.yaml:1:1 a journey needs \`steps\`
      owner: o"
`),
);
bad('no steps', 'title: t\nowner: o\nsteps: []\n', { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:3:1 \`steps\` is empty
      steps: []"
`),
);
bad('steps that are a mapping', 'title: t\nsteps:\n  chat.say: hi\n', { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:3:3 expected a list of steps
      chat.say: hi
      hint: each step starts with \`- \`"
`),
);
bad('a limit without a unit', steps('- chat.say: hi', 'within: 90\n'), { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:3:9 \`within: 90\` is no duration
      within: 90
      hint: write 500ms, 8s, 2m or 1h"
`),
);
bad(
  'a tag with a space, and tags that are a text',
  steps('- chat.say: hi', 'tags: [night shift]\n'),
  { schema: 'rejects' },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/j.yaml:3:8 \`tags.0\`: letters, digits, - _ : and .
          tags: [night shift]"
    `),
);
bad('tags that are a text', steps('- chat.say: hi', 'tags: canary\n'), { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:3:7 \`tags\`: expected a list, got a text
        tags: canary
        hint: write a list: [canary]"
  `),
);
bad(
  'a schedule with a key and a zone that are none',
  steps('- chat.say: hi', 'schedule: { evry: 1h, timezone: Europe/Londn }\n'),
  { schema: 'rejects' },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "journeys/j.yaml:3:11 \`schedule\`: takes either \`every\` or \`cron\`
          schedule: { evry: 1h, timezone: Europe/Londn }
      journeys/j.yaml:3:13 unknown key \`evry\`
          schedule: { evry: 1h, timezone: Europe/Londn }
          hint: did you mean \`every\`?
      journeys/j.yaml:3:33 \`schedule.timezone\`: not an IANA time zone, such as Europe/London
          schedule: { evry: 1h, timezone: Europe/Londn }"
    `),
);
bad(
  'a schedule that names two times',
  steps('- chat.say: hi', 'schedule: { every: 1h, cron: "7 8 * * *" }\n'),
  { schema: 'passes' },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:3:11 \`schedule\`: takes either \`every\` or \`cron\`
        schedule: { every: 1h, cron: "7 8 * * *" }"
  `),
);
bad(
  'an actor with an unknown driver and an unknown setting',
  steps('- chat.say: hi', 'actors:\n  agent: { chta: {}, chat: { bsae: x } }\n'),
  { schema: 'rejects' },
  (said) =>
    expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:4:12 unknown driver \`chta\`
      agent: { chta: {}, chat: { bsae: x } }
      hint: did you mean \`chat\`?
  journeys/j.yaml:4:30 chat has no setting \`bsae\`
      agent: { chta: {}, chat: { bsae: x } }
      hint: it has base"
`),
);
bad('actors that are a list', steps('- chat.say: hi', 'actors: [agent]\n'), { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:3:9 \`actors\` is a mapping of actors to settings of drivers
      actors: [agent]"
`),
);
bad('an actor that is a text', steps('- chat.say: hi', 'actors: { agent: alice }\n'), { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:3:18 \`agent\` is a mapping of drivers to settings
        actors: { agent: alice }
        hint: agent: {}"
  `),
);
bad('a variant that is a number', steps('- chat.say: hi', 'variant: { line: 007 }\n'), { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:3:18 \`variant.line\`: expected a text, got a number
        variant: { line: 007 }
        hint: quote it: "007""
  `),
);
bad('vars that are a list', steps('- chat.say: hi', 'vars: [a]\n'), { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:3:7 \`vars\`: expected a mapping, got a list
        vars: [a]"
  `),
);

test('a journey with all its keys is read as frozen data with defaults', async () => {
  const journey = await readText(`title: A customer calls
owner: payments-cx
tags: [canary, peak]
schedule: { every: 1h, timezone: Europe/London, locations: [eu-west] }
actors:
  agent: { chat: { base: x } }
  other:
vars: { brand: acme }
variant: { line: "007" }
within: 2m
retry: 1
whenever:
  - chat.hear: recorded
    optional: true
    within: 5s
steps:
  - voice.dial: 127.0.0.1
    target: 2s
  - together:
      - as: agent
        steps:
          - chat.hear: [hello, hi]
      - steps:
          - chat.say: \${vars.brand} says \${run.id}
            id: said
            was: spoken
            title: say it
            layer: bot
            owner: bot-team
            soft: true
            retry: 2
            if: vars.brand == 'acme'
  - chat.open:
  - crm.expect: { case: { a: 1 }, since: said }
    save: { id: case.id }
finally:
  - chat.say: bye \${id}
`);
  const common = { actor: 'customer', soft: false, optional: false, retry: 0 };
  expect(journey).toMatchObject({
    id: 'j',
    title: 'A customer calls',
    owner: 'payments-cx',
    tags: ['canary', 'peak'],
    schedule: { every: 3_600_000, timezone: 'Europe/London', locations: ['eu-west'] },
    actors: { agent: { chat: { base: 'x' } }, other: {} },
    variant: { line: '007' },
    within: 120_000,
    retry: 1,
    whenever: [{ kind: 'action', name: 'chat.hear', optional: true, within: 5000 }],
    steps: [
      { kind: 'action', name: 'voice.dial', args: { to: '127.0.0.1' }, target: 2000, ...common },
      {
        kind: 'together',
        branches: [
          { actor: 'agent', steps: [{ name: 'chat.hear#2', actor: 'agent', args: { text: ['hello', 'hi'] } }] },
          {
            actor: 'customer',
            steps: [
              { name: 'said', was: 'spoken', title: 'say it', layer: 'bot', owner: 'bot-team', soft: true, retry: 2 },
            ],
          },
        ],
      },
      { name: 'chat.open', args: {} },
      { name: 'crm.expect', args: { case: { a: 1 }, since: 'said' }, save: { id: 'case.id' } },
    ],
    finally: [{ name: 'chat.say' }],
  });
  expect(journey.advice.map(({ message }) => message)).toEqual([
    'voice.dial has a target but no `id`: renamed or reordered it starts a new history',
  ]);
});

test('the hash is of what a journey does: comments, layout and title leave it, a word of a step does not', async () => {
  const hash = async (text: string) => (await readText(text)).hash;
  const one = await hash(steps('- chat.say: hi'));
  expect(await hash(`# a comment\n${steps('- chat.say: "hi"').replace('title: t', 'title: u')}`)).toBe(one);
  expect(await hash(steps('- chat.say: ho'))).not.toBe(one);
});
