import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type Config, readConfig, readSource } from '../../config/config.ts';
import { duration } from '../../core/duration.ts';
import { SpecError } from '../../core/errors.ts';

const chat = z.object({
  map: z.string(),
  vars: z.record(z.string(), z.string()).default({}),
  idle: duration.optional(),
});
const drivers = new Map([['chat', { settings: chat }]]);

/** A configuration as a place reads it, from text or bytes. */
function read(text: string | Uint8Array, lab: Readonly<Record<string, string>> = {}): Config {
  const root = mkdtempSync(join(tmpdir(), 'throughline-config-'));
  try {
    mkdirSync(join(root, 'config'));
    writeFileSync(join(root, 'config/local.yaml'), text);
    return readConfig(readSource(root, 'local'), { lab, drivers });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function bad(name: string, text: string | Uint8Array, look: (said: string) => void): void {
  test(name, () => {
    try {
      read(text);
    } catch (error) {
      if (!(error instanceof SpecError)) throw error;
      look(error.message);
      return;
    }
    expect.fail('nothing was wrong');
  });
}

bad('a misspelt key, and a misspelt driver', 'locatoin: here\nchta: {}\n', (said) =>
  expect(said).toMatchInlineSnapshot(`
    "config/local.yaml:1:1 unknown key \`locatoin\`
        locatoin: here
        hint: did you mean \`location\`?
    config/local.yaml:2:1 unknown key \`chta\`
        chta: {}
        hint: did you mean \`chat\`?"
  `),
);
bad(
  'unknown keys further in',
  'guard: { targts: [] }\nlayers:\n  bot: { ownr: x }\nchat: { mpa: plain-ws }\n',
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "config/local.yaml:1:10 unknown key \`guard.targts\`
          guard: { targts: [] }
          hint: did you mean \`targets\`?
      config/local.yaml:3:10 unknown key \`layers.bot.ownr\`
          bot: { ownr: x }
      config/local.yaml:4:9 unknown key \`chat.mpa\`
          chat: { mpa: plain-ws }
          hint: did you mean \`map\`?"
    `),
);
bad(
  'values of the wrong kind',
  'location: 7\nguard: { calls: -1, targets: localhost, hours: "8-9" }\nchat: [1]\n',
  (said) =>
    expect(said).toMatchInlineSnapshot(`
      "config/local.yaml:1:11 \`location\`: expected a text, got a number
          location: 7
          hint: quote it: "7"
      config/local.yaml:2:17 \`guard.calls\`: too small: expected number to be >0
          guard: { calls: -1, targets: localhost, hours: "8-9" }
      config/local.yaml:2:30 \`guard.targets\`: expected a list, got a text
          guard: { calls: -1, targets: localhost, hours: "8-9" }
          hint: write a list: [localhost]
      config/local.yaml:2:48 \`guard.hours\`: expected hours as 08:00-20:00
          guard: { calls: -1, targets: localhost, hours: "8-9" }
      config/local.yaml:3:7 \`chat\`: expected a mapping, got a list
          chat: [1]"
    `),
);
bad('durations without a unit, in the frame and for a driver', 'within: 5\nchat: { map: x, idle: 30 }\n', (said) =>
  expect(said).toMatchInlineSnapshot(`
    "config/local.yaml:1:9 \`within\`: expected a duration as 500ms, 8s, 2m or 1h
        within: 5
    config/local.yaml:2:23 \`chat.idle\`: expected a duration as 500ms, 8s, 2m or 1h
        chat: { map: x, idle: 30 }"
  `),
);
bad('a zone and a switch that are none', 'timezone: Nowhere\nlab: yes\n', (said) =>
  expect(said).toMatchInlineSnapshot(`
    "config/local.yaml:1:11 \`timezone\`: not an IANA time zone, such as Europe/London
        timezone: Nowhere
    config/local.yaml:2:6 \`lab\`: expected auto or off
        lab: yes"
  `),
);
bad(
  'a quarantine without an end',
  'quarantine: [{ journey: a, owner: b, reason: c }, { journey: a, owner: b, reason: c, until: soon }]\n',
  (said) =>
    expect(said).toMatchInlineSnapshot(`
    "config/local.yaml:1:14 \`quarantine.0.until\` is missing
        quarantine: [{ journey: a, owner: b, reason: c }, { journey: a, owner: b, reason: c, until: soon }]
    config/local.yaml:1:93 \`quarantine.1.until\`: invalid ISO date
        quarantine: [{ journey: a, owner: b, reason: c }, { journey: a, owner: b, reason: c, until: soon }]"
  `),
);
bad(
  'a value that the machine and the lab do not give',
  'values: { a: "${env.THROUGHLINE_NOPE}", b: "${lab.url}" }\n',
  (said) =>
    expect(said).toMatchInlineSnapshot(`
    "config/local.yaml:1:11 \${env.THROUGHLINE_NOPE} has no value
        values: { a: "\${env.THROUGHLINE_NOPE}", b: "\${lab.url}" }
        hint: set the environment variable THROUGHLINE_NOPE
    config/local.yaml:1:41 \${lab.url} has no value
        values: { a: "\${env.THROUGHLINE_NOPE}", b: "\${lab.url}" }
        hint: this place has \`lab: off\`"
  `),
);
bad('no YAML', 'location: [\n', (said) =>
  expect(said).toMatchInlineSnapshot(`"config/local.yaml:2:1 a \`[\` or \`{\` is opened before and not closed"`),
);
bad('a key twice', 'location: a\nlocation: b\n', (said) =>
  expect(said).toMatchInlineSnapshot(`
  "config/local.yaml:2:1 the key \`location\` is there twice
      location: b"
`),
);
bad('an anchor', 'values: { a: &a 1, b: *a }\n', (said) =>
  expect(said).toMatchInlineSnapshot(`
  "config/local.yaml:1:17 anchors and aliases are not part of the language
      values: { a: &a 1, b: *a }
      hint: write it out, or put the steps into a flow and \`use\` it
  config/local.yaml:1:23 anchors and aliases are not part of the language
      values: { a: &a 1, b: *a }
      hint: write it out, or put the steps into a flow and \`use\` it"
`),
);
bad('a list', '- location\n', (said) =>
  expect(said).toMatchInlineSnapshot(`
  "config/local.yaml:1:1 a configuration is a mapping
      - location"
`),
);
bad('binary', Buffer.from('89504e470d0a1a0a0000000d', 'hex'), (said) =>
  expect(said).toMatchInlineSnapshot(`
  "config/local.yaml:1:1 not a text file in UTF-8
      hint: save the file as UTF-8"
`),
);
bad('5 MB', `# ${'x'.repeat(5_000_000)}\n`, (said) =>
  expect(said).toMatchInlineSnapshot(`
  "config/local.yaml:1:1 5.0 MB: a file may have 1 MB at most
      hint: data belongs into a CSV, see \`data\`"
`),
);

test('comments alone are a configuration: everything is as usual', () => {
  expect(read('# nothing is different here\n')).toMatchObject({
    environment: 'local',
    timezone: 'UTC',
    lab: 'off',
    journeys: 'journeys',
    within: 30_000,
    limit: 900_000,
    guard: { targets: expect.arrayContaining(['127.0.0.1']), kill: false },
  });
});

test('the lab and the environment fill values; what came from the environment is secret', () => {
  process.env.THROUGHLINE_TEST_TOKEN = 'tok-12345';
  try {
    const text =
      'env: [THROUGHLINE_TEST_TOKEN, THROUGHLINE_NOPE]\nchat: { map: plain, vars: { base: "${lab.ws}/chat", key: "k ${env.THROUGHLINE_TEST_TOKEN}" } }\n';
    const config = read(text, { ws: 'ws://127.0.0.1:1' });
    expect(config.drivers).toEqual({
      chat: { map: 'plain', vars: { base: 'ws://127.0.0.1:1/chat', key: 'k tok-12345' } },
    });
    expect(config.visible).toEqual({ THROUGHLINE_TEST_TOKEN: 'tok-12345' });
    expect(config.secrets).toContain('tok-12345');
  } finally {
    delete process.env.THROUGHLINE_TEST_TOKEN;
  }
});

test('a driver may leave to an actor what it needs', () => {
  expect(read('chat: { vars: { a: b } }\n').drivers).toEqual({ chat: { vars: { a: 'b' } } });
});

test('an environment that is not there is told with those that are', () => {
  const root = mkdtempSync(join(tmpdir(), 'throughline-config-'));
  const said = (name: string) => {
    try {
      return readSource(root, name).file;
    } catch (error) {
      return error instanceof SpecError ? error.message.replaceAll(root, 'ROOT') : String(error);
    }
  };
  try {
    expect(said('local')).toMatchInlineSnapshot(`
      "no configuration config/local.yaml in ROOT
          hint: run \`throughline init\` to make one"
    `);
    mkdirSync(join(root, 'config/folder.yaml'), { recursive: true });
    writeFileSync(join(root, 'config/staging.yaml'), '');
    expect(said('stagin')).toMatchInlineSnapshot(`
      "no configuration config/stagin.yaml in ROOT
          hint: environments here: folder, staging"
    `);
    expect(said('folder')).toMatchInlineSnapshot(
      `"config/folder.yaml cannot be read: EISDIR: illegal operation on a directory, read"`,
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
