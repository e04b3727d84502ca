import type { Command } from './command.ts';

const order = [
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
  'prune',
  'schema',
];

/** One screen: each command with what it is for. */
export function help(commands: ReadonlyMap<string, Command>, drivers: readonly string[]): string {
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  const names = [...commands.keys()].sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
  const width = Math.max(...names.map((name) => name.length)) + 2;
  const rows = names.map((name) => `  ${name.padEnd(width)}${commands.get(name)?.about}`);
  return [
    'throughline: walk a simulated customer through a contact centre, and say which step is late, in which layer, and whose it is',
    '',
    ...rows,
    '',
    'exit codes: 0 passed, 1 failed, 2 wrong use, 3 broken (inconclusive), 4 regressed, 130 interrupted',
    'more: throughline COMMAND --help · throughline completion bash|zsh|fish',
    `what a step can do: throughline help ${drivers.join('|')}`,
    '',
  ].join('\n');
}

export function commandHelp(name: string, { about, usage, example, options = {} }: Command): string {
  const flags = Object.entries(options).map(([option, { value, short, about: words, multiple }]) => {
    const flag = `${short ? `-${short}, ` : ''}--${option}${value ? ` ${value}` : ''}${multiple ? ' ...' : ''}`;
    return [flag, words] as const;
  });
  const width = Math.min(30, Math.max(0, ...flags.map(([flag]) => flag.length)) + 2);
  return [
    `throughline ${name}${usage ? ` ${usage}` : ''}${flags.length > 0 ? ' [options]' : ''}`,
    `  ${about}`,
    '',
    ...flags.map(([flag, words]) => `  ${flag.padEnd(width)}${words}`),
    ...(flags.length > 0 ? [''] : []),
    `example: ${example}`,
    '',
  ].join('\n');
}
