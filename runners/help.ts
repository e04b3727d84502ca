import type { Command } from './command.ts';

/** What most people need, in the order in which they need it. */
const usual = [
  'init',
  'run',
  'check',
  'demo',
  'lab',
  'history',
  'replay',
  'judge',
  'compare',
  'analyze',
  'change',
  'sweep',
];
/** A screen: 24 lines of so many columns. */
const width = 80;

/** One screen: each usual command with what it is for, the others by name. */
export function help(commands: ReadonlyMap<string, Command>, drivers: readonly string[]): string {
  const told = usual.filter((name) => commands.has(name));
  const others = [...commands.keys()].filter((name) => !usual.includes(name)).sort();
  const indent = Math.max(...told.map((name) => name.length)) + 4;
  return [
    ...wrapped(
      'throughline walks a simulated customer through a contact centre, and says which step is late or wrong, in which layer, and whose it is.',
      0,
    ),
    '',
    ...told.map((name) => `  ${name.padEnd(indent - 2)}${brief(commands.get(name)?.about ?? '', width - indent)}`),
    ...(others.length > 0
      ? ['', ...wrapped(`also      ${others.join(', ')}`, indent).map((line, n) => (n === 0 ? `  ${line}` : line))]
      : []),
    '',
    'one command     throughline COMMAND --help    (or: throughline help COMMAND)',
    `what steps do   throughline help ${drivers.join('|')}`,
    'in the shell    throughline completion bash|zsh|fish',
    'exit codes      0 passed  1 failed  2 wrong use  3 broken  4 regressed',
    '                130 interrupted',
    '',
  ].join('\n');
}

/** The first clause, as much of it as there is room for. */
function brief(about: string, room: number): string {
  const clause = about.split(/[;:] /)[0] ?? about;
  if (clause.length <= room) return clause;
  const comma = clause.lastIndexOf(', ', room);
  return comma > 20 ? clause.slice(0, comma) : `${clause.slice(0, room - 1)}…`;
}

export function commandHelp(name: string, { about, usage, example, options = {} }: Command): string {
  const flags = Object.entries(options).map(([option, { value, short, about: words, multiple }]) => {
    const flag = `${short ? `-${short}, ` : ''}--${option}${value ? ` ${value}` : ''}${multiple ? ' ...' : ''}`;
    return [flag, words] as const;
  });
  const indent = Math.min(30, Math.max(0, ...flags.map(([flag]) => flag.length)) + 4);
  return [
    `throughline ${name}${usage ? ` ${usage}` : ''}${flags.length > 0 ? ' [options]' : ''}`,
    ...wrapped(`  ${about}`, 2),
    '',
    ...flags.flatMap(([flag, words]) => wrapped(`  ${flag.padEnd(indent - 2)}${words}`, indent)),
    ...(flags.length > 0 ? [''] : []),
    `example: ${example}`,
    '',
  ].join('\n');
}

/** Lines no wider than a screen; the second and later ones are indented. */
export function wrapped(text: string, indent: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width);
    const at = space > indent ? space : rest.indexOf(' ', width);
    if (at < 0) break;
    lines.push(rest.slice(0, at).trimEnd());
    rest = ' '.repeat(indent) + rest.slice(at).trimStart();
  }
  return [...lines, rest];
}
