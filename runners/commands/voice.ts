import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { environment } from '../../config/config.ts';
import { guardOf } from '../../config/guard.ts';
import { systemClock } from '../../core/clock.ts';
import { SpecError } from '../../core/errors.ts';
import { seeded, seedOf } from '../../core/random.ts';
import { exits } from '../../core/verdict.ts';
import { type Call, type Command, placeOptions } from '../command.ts';
import { compose, rootOf } from '../compose.ts';

const { env: envOption, root: rootOption } = placeOptions;

const voice: Command = {
  about:
    'probe a PBX or SIP trunk: is it there, does it let us in, does a call have sound both ways, and what to do if not',
  usage: 'probe [TARGET]',
  example: 'throughline voice probe sip:600@pbx.example --user 1001',
  options: {
    ...(envOption ? { env: envOption } : {}),
    ...(rootOption ? { root: rootOption } : {}),
    trunk: { type: 'string', value: 'NAME', about: 'trunk, or agents/NAME, of the configuration to ask through' },
    server: {
      type: 'string',
      value: 'HOST',
      about: 'registrar and proxy, instead of a trunk: pbx.example, 10.0.0.1:5070',
    },
    transport: { type: 'string', value: 'NAME', about: 'udp, tcp, tls, ws or wss (default udp)' },
    user: {
      type: 'string',
      value: 'NAME',
      about: 'extension that asks; its password is read from THROUGHLINE_SIP_PASSWORD',
    },
    seconds: { type: 'string', value: 'N', about: 'how long an answered call is listened to (default 6)' },
    json: { type: 'boolean', about: 'one finding a line as JSON' },
  },
  run: async (call) => {
    const { io, words } = call;
    const [what, target, more] = words;
    if (what !== 'probe' || more !== undefined)
      throw new SpecError(
        what === undefined ? 'voice does what?' : `voice knows no ${words.join(' ')}`,
        'there is `throughline voice probe [TARGET]`',
      );
    const { probe } = await import('../../drivers/voice.ts');
    const { chosen, names } = await asker(call, target);
    const known: Readonly<Record<string, string>> = names;
    const wanted = target === undefined ? undefined : (known[target] ?? target);
    const json = call.flag('json');
    if (!json) io.stdout.write(`probe ${wanted ?? chosen.persona.server ?? ''} as ${chosen.name}\n`);
    const good = await probe(
      {
        chosen,
        ...(wanted !== undefined && calls(wanted) ? { target: wanted } : {}),
        listen: 1000 * (call.count('seconds', 1) ?? 6),
        patience: 30_000,
        headers: ['X-Synthetic-Journey: probe'],
      },
      {
        clock: systemClock,
        random: seeded(seedOf(Date.now())),
        signal: io.interrupt,
        tell: (finding) => io.stdout.write(json ? `${JSON.stringify(finding)}\n` : line(finding)),
      },
    );
    if (io.interrupt.aborted) return exits.interrupted;
    return good ? exits.passed : exits.failed;
  },
};

const marks = { good: '✓', notice: '▲', bad: '✕' } as const;

function line({ of, mark, text, next }: { of: string; mark: keyof typeof marks; text: string; next?: string }): string {
  return `${marks[mark]} ${of.padEnd(10)}${text}\n${next ? `${' '.repeat(12)}next: ${next}\n` : ''}`;
}

/** A server alone is asked, not called. */
const calls = (target: string) => !/^(sips?:[^@]*|wss?:\/\/.*)$/i.test(target);

/** Who asks: a trunk of the configuration, or what the options say. */
async function asker(call: Call, target: string | undefined) {
  const { trunkOf, default: driver } = await import('../../drivers/voice.ts');
  const place = { cwd: call.io.cwd, env: call.text('env'), root: call.text('root'), live: false };
  const named = call.text('trunk') !== undefined;
  const host = named ? undefined : /^(sips?:)(?:[^@]*@)?(.+)$/i.exec(target ?? '');
  const web = /^wss?:\/\//i.test(target ?? '') ? target : undefined;
  const server = call.text('server') ?? web ?? (host ? `${host[1]}${host[2]}` : undefined);
  const user = call.text('user');
  const password = environment('THROUGHLINE_SIP_PASSWORD');
  const over = {
    ...(server === undefined ? {} : { server }),
    ...(call.text('transport') === undefined ? {} : { transport: call.text('transport') }),
    ...(user === undefined ? {} : { user, ...(password ? { auth: { user, password } } : {}) }),
  };
  const asked = (persona: object) => {
    const read = driver.settings.safeParse({ trunks: { 'this machine': { ...persona, ...over } } });
    if (read.success) return trunkOf(read.data);
    const [issue] = read.error.issues;
    throw new SpecError(`--${String(issue?.path.at(-1))}: ${issue?.message}`, 'see `throughline voice --help`');
  };
  const configured = existsSync(join(rootOf(place), 'config', `${place.env ?? 'local'}.yaml`));
  if (!named && place.env === undefined && (server !== undefined || !configured)) {
    if (server === undefined)
      throw new SpecError(
        'which PBX?',
        'name it: throughline voice probe sip:600@pbx.example, or --server pbx.example',
      );
    return { chosen: asked({}), names: {} };
  }
  await using house = await compose(place);
  const settings = driver.settings.parse(house.config.drivers.voice ?? {});
  const trunk = trunkOf(settings, call.text('trunk'));
  const chosen = { ...trunk, persona: asked(trunk.persona).persona };
  const guard = guardOf(
    house.config.guard,
    { count: () => 0 },
    { now: () => systemClock.now(), zone: house.config.timezone },
  );
  const known = chosen.persona.server;
  if (known !== undefined) guard.target(/^(sips?:|wss?:\/\/)/i.test(known) ? known : `sip:${known}`);
  else if (target === undefined)
    throw new SpecError(`${chosen.name} has no server to ask`, 'give it `server`, or name a target');
  return { chosen, names: settings.names };
}

export default voice;
