import { readdirSync } from 'node:fs';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { problemLine, SpecError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { exits } from '../core/verdict.ts';
import type { Call, Command } from './command.ts';
import { completion } from './completion.ts';
import { driversOf, rootOf } from './compose.ts';
import { driverHelp } from './driver-help.ts';
import { commandHelp, help } from './help.ts';
import type { Io } from './io.ts';
import { version } from './package.ts';

const folder = new URL('./commands/', import.meta.url);

/** The only reader of argv. Resolves to the exit code; says every error on stderr. */
export async function cli(argv: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = argv;
  try {
    if (name === undefined || name === 'help' || name === '--help' || name === '-h') return await showHelp(rest[0], io);
    if (name === '--version' || name === '-v') {
      io.stdout.write(`${version()}\n`);
      return exits.passed;
    }
    if (name === 'completion') {
      io.stdout.write(completion(rest[0] ?? 'bash', await allCommands(), [...(await driversOf(rootOf(io))).keys()]));
      return exits.passed;
    }
    const command = await load(name);
    if (rest.includes('--help') || rest.includes('-h')) {
      io.stdout.write(commandHelp(name, command));
      return exits.passed;
    }
    return await command.run(read(name, command, rest, io));
  } catch (error) {
    return complain(error, io);
  }
}

function complain(error: unknown, io: Io): number {
  if (error instanceof SpecError) {
    for (const problem of error.problems) io.stderr.write(`${problemLine(problem)}\n`);
    if (error.problems.length > 1) io.stderr.write(`${error.problems.length} problems\n`);
    return exits.usage;
  }
  io.stderr.write(
    `throughline itself failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return exits.broken;
}

function commandNames(): string[] {
  const parts = readdirSync(folder).filter((file) => /(?<!\.d)\.(ts|js)$/.test(file));
  return parts.map((file) => file.replace(/\.(ts|js)$/, '')).sort();
}

async function load(name: string): Promise<Command> {
  const names = commandNames();
  if (!names.includes(name)) {
    const close = nearest(name, names);
    throw new SpecError(
      `unknown command ${name}`,
      close ? `did you mean \`throughline ${close}\`?` : 'see `throughline help`',
    );
  }
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return ((await import(new URL(`${name}.${extension}`, folder).href)) as { default: Command }).default;
}

async function allCommands(): Promise<ReadonlyMap<string, Command>> {
  return new Map(await Promise.all(commandNames().map(async (name) => [name, await load(name)] as const)));
}

async function showHelp(name: string | undefined, io: Io): Promise<number> {
  const drivers = await driversOf(rootOf(io));
  const driver = drivers.get(name?.split('.')[0] ?? '');
  if (name === undefined) io.stdout.write(help(await allCommands(), [...drivers.keys()]));
  else if (driver) io.stdout.write(driverHelp(name, driver));
  else io.stdout.write(commandHelp(name, await load(name)));
  return exits.passed;
}

function read(name: string, command: Command, args: readonly string[], io: Io): Call {
  const options = command.options ?? {};
  const config: ParseArgsConfig['options'] = {};
  for (const [option, { type, multiple, short }] of Object.entries(options))
    config[option] = { type, ...(multiple ? { multiple } : {}), ...(short ? { short } : {}) };
  let values: Record<string, unknown>;
  let positionals: readonly string[];
  try {
    ({ values, positionals } = parseArgs({ args: [...args], options: config, allowPositionals: true }));
  } catch (error) {
    const said = error instanceof Error ? (error.message.split(/[.]\s/)[0] ?? '') : String(error);
    const needy = /^Option '(?:-\w, )?(--[\w-]+).*(?:argument missing|ambiguous)/s.exec(said)?.[1];
    if (needy) throw new SpecError(`${needy} needs a value`, `see \`throughline ${name} --help\``);
    const unknown = /'--?([\w-]+)'/.exec(said)?.[1];
    const close = unknown === undefined ? undefined : nearest(unknown, Object.keys(options));
    throw new SpecError(
      said.toLowerCase(),
      close && close !== unknown ? `did you mean --${close}?` : `see \`throughline ${name} --help\``,
    );
  }
  if (positionals.length > 0 && command.usage === undefined)
    throw new SpecError(`${name} takes no words, got ${positionals.join(' ')}`, `see \`throughline ${name} --help\``);
  return {
    io,
    words: positionals,
    text: (option) => values[option] as string | undefined,
    texts: (option) => (values[option] as string[] | undefined) ?? [],
    flag: (option) => values[option] === true,
    count: (option, least) => {
      const text = values[option] as string | undefined;
      if (text === undefined) return undefined;
      const value = Number(text);
      if (!Number.isInteger(value) || value < least)
        throw new SpecError(`--${option} takes a whole number from ${least}, got ${text}`);
      return value;
    },
  };
}
