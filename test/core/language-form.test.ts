import { expect, test } from 'vitest';
import { bad, readText, saidOf, schemaOn, steps } from './bad-journey.ts';

const good = 'title: t\nowner: o\nsteps:\n  - chat.say: hi\n';

bad('empty', '', { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:1:1 the file is empty
        hint: a journey has at least a title and steps, a flow steps"
  `),
);
bad('comments only', '# nothing yet\n', { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:1:1 the file is empty
        # nothing yet
        hint: a journey has at least a title and steps, a flow steps"
  `),
);
bad('binary', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:1:1 not a text file in UTF-8
        hint: save the file as UTF-8"
  `),
);
bad('Latin-1', Buffer.from(good.replace('hi', 'Grüezi'), 'latin1'), { schema: 'passes' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:1:1 not a text file in UTF-8
        hint: save the file as UTF-8"
  `),
);
bad('UTF-16', Buffer.from(`\uFEFF${good}`, 'utf16le'), { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:1:1 not a text file in UTF-8
        hint: save the file as UTF-8"
  `),
);
bad('10 MB', `${good}# ${'x'.repeat(10_000_000)}\n`, { schema: 'passes' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:1:1 10.0 MB: a file may have 1 MB at most
        hint: data belongs into a CSV, see \`data\`"
  `),
);
bad('a list', '- chat.say: hi\n', { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:1:1 a journey is a mapping
      - chat.say: hi
      hint: with title, owner and steps"
`),
);
bad('a text', 'hello\n', { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:1:1 a journey is a mapping
      hello
      hint: with title, owner and steps"
`),
);
bad('two documents', `${good}---\n${good}`, { schema: 'no YAML' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:5:1 more than one document
      ---
      hint: one journey a file"
`),
);
bad('a key twice', `${good}title: u\n`, { schema: 'no YAML' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
  "journeys/j.yaml:5:1 the key \`title\` is there twice
      title: u"
`),
);
bad('an action twice', steps('- chat.say: hi\n  chat.say: there'), { schema: 'no YAML' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:5:5 the key \`chat.say\` is there twice
        chat.say: there
        hint: a step has exactly one action; start the next step with \`- \`"
  `),
);
bad('tabs', 'title: t\nsteps:\n\t- chat.say: hi\n', { schema: 'no YAML' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:3:1 indented with a tab
        - chat.say: hi
        hint: indent with spaces"
  `),
);
bad('a quote that does not end', steps('- chat.say: "hi\n- chat.hear: you'), { schema: 'no YAML' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:4:15 a quote is opened here and never closed
        - chat.say: "hi"
  `),
);
bad('a colon in a bare text', steps('- chat.say: Hello: it is me'), { schema: 'no YAML' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:4:15 a second \`: \` in one line
        - chat.say: Hello: it is me
        hint: put the whole text in quotes, or start a new line after the first"
  `),
);
bad('a text that starts with @', steps('- chat.say: @bob'), { schema: 'no YAML' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:4:15 a text cannot start with \`@\`
        - chat.say: @bob
        hint: put the whole text in quotes"
  `),
);
bad('a tag', steps('- chat.say: !include greeting.txt'), { schema: 'passes' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:4:15 tags (\`!\`) are not part of the language
        - chat.say: !include greeting.txt
        hint: put the whole text in quotes"
  `),
);
bad('a key that is no text', steps('- ? [chat.say]\n  : hi'), { schema: 'rejects' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:4:7 a key is a text
        - ? [chat.say]"
  `),
);
bad('an anchor and an alias', steps('- chat.say: &hi Hello\n- chat.hear: *hi'), { schema: 'passes' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:4:19 anchors and aliases are not part of the language
        - chat.say: &hi Hello
        hint: write it out, or put the steps into a flow and \`use\` it
    journeys/j.yaml:5:16 anchors and aliases are not part of the language
        - chat.hear: *hi
        hint: write it out, or put the steps into a flow and \`use\` it"
  `),
);
bad('an alias to nothing', steps('- chat.say: *hi'), { schema: 'no YAML' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:4:15 anchors and aliases are not part of the language
        - chat.say: *hi
        hint: write it out, or put the steps into a flow and \`use\` it"
  `),
);
bad(
  'an alias bomb',
  `title: t\nvars:\n  a0: &a0 [x, x]\n${Array.from({ length: 30 }, (_, n) => `  a${n + 1}: &a${n + 1} [*a${n}, *a${n}, *a${n}]\n`).join('')}steps:\n  - chat.say: hi\n`,
  { schema: 'no YAML' },
  (said) =>
    expect(said.split('\n').slice(0, 3).join('\n')).toMatchInlineSnapshot(`
    "journeys/j.yaml:3:11 anchors and aliases are not part of the language
        a0: &a0 [x, x]
        hint: write it out, or put the steps into a flow and \`use\` it"
  `),
);

test.each([
  ['brackets', `title: t\nvars: { x: ${'['.repeat(100_000)} }\n`],
  ['closed brackets', `title: t\nvars: { x: ${'['.repeat(60)}${']'.repeat(60)} }\nsteps:\n  - chat.say: hi\n`],
  ['dashes', `title: t\nsteps:\n  ${'- '.repeat(100_000)}hi\n`],
  ['question marks', `title: t\nvars:\n  ${'? '.repeat(100_000)}hi\n`],
  ['dashes below many lines', `title: t\n${'\n'.repeat(60_000)}steps:\n  ${'- '.repeat(100_000)}hi\n`],
  ['indents of one', `title: t\nvars:\n${Array.from({ length: 1000 }, (_, n) => `${' '.repeat(n + 1)}a:\n`).join('')}`],
])('nested far too deep, with %s', async (_, text) => {
  expect((await saidOf(text)).split('\n')[0]).toMatch(/^journeys\/j\.yaml:\d+:\d+ nested deeper than 40 levels$/);
});

test('a mark at the start of the file is no fault', async () => {
  expect(await readText(`\uFEFF${good}`)).toMatchObject({ title: 't' });
  expect(await readText(good.replaceAll('\n', '\r\n'))).toMatchObject({ title: 't' });
  expect(schemaOn(good)).toBe('passes');
});
bad('a bracket that does not end', steps('- chat.hear: [hello, hi\n- chat.say: hi'), { schema: 'no YAML' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:5:3 a \`[\` or \`{\` is opened before and not closed
        - chat.say: hi"
  `),
);
bad('a brace that does not end', steps('- chat.say: { text: hi'), { schema: 'no YAML' }, (said) =>
  expect(said).toMatchInlineSnapshot(`"journeys/j.yaml:5:1 a \`[\` or \`{\` is opened before and not closed"`),
);
bad('a wrong indent', 'title: t\nsteps:\n  - chat.say: hi\n within: 8s\n', { schema: 'no YAML' }, (said) =>
  expect(said).toMatchInlineSnapshot(`
    "journeys/j.yaml:4:1 all mapping items must start at the same column
        within: 8s"
  `),
);
