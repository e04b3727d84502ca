// Writes what is made of the definitions: the JSON schema for editors, the language reference and the event reference. `--check` only compares.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { z } from 'zod';
import { frame, layer, quarantine } from '../config/config.ts';
import { guardSettings } from '../config/guard.ts';
import { usualLayers } from '../config/layers.ts';
import { discover } from '../core/discover.ts';
import type { Driver } from '../core/driver.ts';
import type { JsonObject } from '../core/json.ts';
import { flowKeys, journeyKeys, reserved, roots, runNames } from '../core/language.ts';
import { journeySchema } from '../core/schema.ts';
import { outputSchema } from '../runners/analyze/line.ts';

const root = new URL('../', import.meta.url);
const drivers = await discover<Driver>(new URL('drivers/', root));
const cell = (text: string) => text.replace(/\|/g, '\\|').replace(/\s+/g, ' ');
const table = (keys: Readonly<Record<string, string>>) =>
  [
    '| key | meaning |',
    '|---|---|',
    ...Object.entries(keys).map(([key, about]) => `| \`${key}\` | ${cell(about)} |`),
  ].join('\n');

function language(): string {
  return [
    '# The journey language',
    '',
    '<!-- made by `npm run generate` from the definitions that the engine parses with -->',
    '',
    'One YAML file is one journey. A step is a mapping with exactly one action key, `driver.verb` (or `use`, `together`), plus any of the reserved keys; a scalar is short for the main argument of the action.',
    '',
    '## Keys of a journey',
    '',
    table(journeyKeys),
    '',
    '## Keys of a flow',
    '',
    table(flowKeys),
    '',
    '## Keys of every step',
    '',
    table(reserved),
    '',
    '## What `${}` sees',
    '',
    `${roots.map((name) => `\`${name}\``).join(', ')}, and every name saved before. \`run\` holds ${runNames.map((name) => `\`${name}\``).join(', ')}.`,
    '',
    ...meaning,
    '',
    ...[...drivers].flatMap(([name, driver]) => driverPage(name, driver)),
  ].join('\n');
}

/** What the tables cannot say. */
const meaning = [
  '## What holds',
  '',
  '- **Time.** The clock of a step starts when its session is open; some verbs set another origin: `dial` and `open` the first packet, `answer` the ring, `hear` the end of the last act or match, `crm.expect` the act that `since` names. `hear` is judged on the beginning of what matched.',
  '- **`within`** is over all tries, `target` is judged on the first. A step without `within` has that of its place (30s). Passed on a later try is *flaky*, and told so; broken twice is not tried again.',
  '- **`soft`** lets the journey go on; it is failed all the same. What a soft failure would have saved skips the steps that need it. Broken is never soft. **`optional`**: not seen is skipped.',
  '- **`together`**: branches run side by side and none cancels another; what one saves the others see only afterwards. After a hard failure the rest of that branch is skipped, and then the rest of the journey. One actor uses a driver in one branch only.',
  '- **`whenever`**: looks beside the order, from the opening of its session to the end of the steps, and takes nothing away from them. Unmet at the end is failed; a `not-` verb fails on sight. A browser looks about twice a second, and once more at the end: what is shown for less may be missed. A call is listened to from its beginning; what has begun at the end is heard out.',
  '- **`finally`** always runs, has 10s and a stop signal of its own, and is never retried; a step whose values were never saved is skipped.',
  '- **Flows** see their inputs, `config` and `run` only. `retry` and `optional` at `use` or `together` are about the whole of it.',
  '- **Names.** A whole `${x}` keeps its type; `$${` is a `${` of the text. What the file and the configuration make known is checked before anything is dialled.',
  '- **History** hangs on the `id`, else on verb and ordinal; give an `id` to what has a target. `was` takes the history of a former name over at the next run.',
  '- **Data.** No two walks hold the same row at once, in whatever process. Comma or semicolon, UTF-8, a header.',
  '',
  '`passed` < `degraded` (later than `target`, or poor) < `failed` (they), beside them `broken` (we, or the journey) and `skipped`.',
];

/** The reference of config/<place>.yaml. */
function configuration(): string {
  return [
    '# Configuration of a place',
    '',
    '<!-- made by `npm run generate` from the definitions that the engine parses with -->',
    '',
    'config/NAME.yaml is what differs between places; `--env NAME` chooses it (default: local). `${env.X}` is filled from the environment and never shown. Every other key is the name of a driver: its settings are in [the language](language.md).',
    '',
    ...fields(frame),
    '## guard',
    '',
    'Asked before a packet leaves: what is refused ends with exit code 2.',
    '',
    ...fields(guardSettings),
    '## layers',
    '',
    `There are ${usualLayers.join(', ')}, and any that you name.`,
    '',
    ...fields(layer),
    '## quarantine',
    '',
    'A list; the step is skipped, with the reason, until its last day is over. `check` says what is quarantined for nothing.',
    '',
    ...fields(quarantine),
  ].join('\n');
}

function driverPage(name: string, driver: Driver): string[] {
  const verbs = Object.entries(driver.actions).flatMap(([verb, { about, args, main, layer, watch }]) => [
    `### ${name === verb ? name : `${name}.${verb}`}`,
    '',
    `${about}. Layer: ${layer}.${main ? ` A scalar is \`${main}\`.` : ''}${watch ? ' May stand in `whenever`.' : ''}`,
    '',
    ...fields(args),
  ]);
  return [
    `## ${name}`,
    '',
    `${driver.about}.`,
    '',
    ...verbs,
    `### settings of ${name}`,
    '',
    ...fields(driver.settings),
  ];
}

function fields(shape: z.ZodObject): string[] {
  const { properties = {}, required = [] } = z.toJSONSchema(shape, { io: 'input', unrepresentable: 'any' });
  const names = Object.entries(properties);
  if (names.length === 0) return ['No arguments.', ''];
  const rows = names.map(([key, value]) => {
    const schema = value as JsonObject;
    const usual = schema.default === undefined ? '' : `default \`${JSON.stringify(schema.default)}\``;
    const about = [schema.description, usual].filter(Boolean).join('; ');
    return `| \`${key}\`${required.includes(key) ? ' (needed)' : ''} | ${cell(kind(schema))} | ${cell(about)} |`;
  });
  return ['| argument | kind | meaning |', '|---|---|---|', ...rows, ''];
}

function kind(schema: JsonObject): string {
  if (Array.isArray(schema.enum)) return schema.enum.map((one) => `\`${String(one)}\``).join(' or ');
  const any = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(any)) return [...new Set(any.map((one) => kind(one as JsonObject)))].join(' or ');
  if (schema.type === 'array') return `list of ${kind((schema.items ?? {}) as JsonObject)}`;
  return String(schema.type ?? 'anything');
}

/** The event reference, read from the interfaces in core/event.ts. */
function events(): string {
  const text = readFileSync(new URL('core/event.ts', root), 'utf8');
  const file = ts.createSourceFile('event.ts', text, ts.ScriptTarget.Latest, true);
  const pages = file.statements.flatMap((statement) => {
    if (ts.isInterfaceDeclaration(statement)) return interfacePage(statement, text);
    if (ts.isTypeAliasDeclaration(statement) && statement.name.text === 'Note')
      return ['## Note', '', said(statement, text), '', '```ts', statement.type.getText(), '```', ''];
    return [];
  });
  return [
    '# The event stream',
    '',
    '<!-- made by `npm run generate` from core/event.ts -->',
    '',
    '`throughline run --reporter ndjson` prints it, one event a line; every reporter, the store and the judge listen to the same. It is a public contract: plain JSON, only ever added to. Pass over types and fields that you do not know.',
    '',
    ...pages,
  ].join('\n');
}

function interfacePage(node: ts.InterfaceDeclaration, text: string): string[] {
  const above = node.heritageClauses?.[0]?.types[0]?.getText();
  const rows = node.members.filter(ts.isPropertySignature).map((member) => {
    const optional = member.questionToken ? ' (may be absent)' : '';
    return `| \`${member.name.getText()}\`${optional} | \`${cell(member.type?.getText() ?? '')}\` | ${cell(said(member, text))} |`;
  });
  const type = node.members.find((member) => member.name?.getText() === 'type');
  const name = type && ts.isPropertySignature(type) ? (type.type?.getText().replaceAll("'", '') ?? '') : node.name.text;
  return [
    `## ${name}`,
    '',
    ...[said(node, text), above ? `Has the fields of ${above} too.` : ''].filter(Boolean).flatMap((line) => [line, '']),
    '| field | type | meaning |',
    '|---|---|---|',
    ...rows,
    '',
  ];
}

function said(node: ts.Node, text: string): string {
  const comments = ts.getLeadingCommentRanges(text, node.getFullStart()) ?? [];
  return comments
    .map(({ pos, end }) => text.slice(pos, end))
    .filter((comment) => comment.startsWith('/**'))
    .map((comment) => comment.replace(/^\/\*\*|\*\/$|^\s*\*/gm, '').trim())
    .join(' ');
}

const made: Readonly<Record<string, string>> = {
  'journeys/journey.schema.json': `${JSON.stringify(journeySchema(drivers), null, 2)}\n`,
  'docs/guide/analyze.schema.json': `${JSON.stringify(outputSchema(), null, 2)}\n`,
  'docs/guide/language.md': `${language().trimEnd()}\n`,
  'docs/guide/configuration.md': `${configuration().trimEnd()}\n`,
  'docs/guide/events.md': `${events().trimEnd()}\n`,
};
const stale = Object.entries(made).filter(([path, text]) => {
  const url = new URL(path, root);
  return !existsSync(url) || readFileSync(url, 'utf8') !== text;
});
const check = process.argv.includes('--check');
for (const [path, text] of stale) if (!check) writeFileSync(fileURLToPath(new URL(path, root)), text);
process.stdout.write(
  stale.length === 0
    ? 'all up to date\n'
    : `${stale.map(([path]) => `${path} ${check ? 'is stale: npm run generate' : 'written'}`).join('\n')}\n`,
);
process.exitCode = check && stale.length > 0 ? 1 : 0;
