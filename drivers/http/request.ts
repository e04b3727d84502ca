import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { Failure, SpecError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';

export interface Ask {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Json;
  /** ms each: dns, connect, tls, firstByte (from the request sent), download. */
  readonly phases: Readonly<Record<string, number>>;
}

const largest = 10_000_000;

/** `import` would read every export of theirs, and so load undici whole, for whoever only starts. */
export const wires = () =>
  ({ 'http:': process.getBuiltinModule('node:http'), 'https:': process.getBuiltinModule('node:https') }) as const;

/** One request on a connection of its own, so that every phase is seen. Throws Failure when it is not answered. */
export function request({ url, method, headers, body }: Ask, signal: AbortSignal): Promise<Answer> {
  const target = URL.parse(url);
  if (!target || !/^https?:$/.test(target.protocol)) throw new SpecError(`\`${url}\` is no http address`);
  const marks = new Map<string, number>([['start', performance.now()]]);
  const mark = (name: string) => marks.set(name, performance.now());
  return new Promise((resolve, reject) => {
    const fail = (error: Error) =>
      reject(
        signal.aborted
          ? signal.reason
          : new Failure(`${method} ${url} was not answered`, {
              came: error.message || (error as { code?: string }).code || error.name,
            }),
      );
    const sent = wires()[target.protocol as 'http:' | 'https:'].request(
      target,
      { method, headers: { ...headers, connection: 'close' }, signal, agent: false },
      (response) => {
        mark('first');
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size <= largest) chunks.push(chunk);
          else response.destroy(new Error(`more than ${largest / 1e6} MB`));
        });
        response.on('error', fail);
        response.on('end', () => {
          mark('end');
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({
            status: response.statusCode ?? 0,
            headers: flat(response.headers),
            body: parsed(text),
            phases: phasesOf(marks),
          });
        });
      },
    );
    sent.on('socket', (socket: Socket) => {
      socket.on('lookup', () => mark('dns'));
      socket.on('connect', () => mark('connect'));
      socket.on('secureConnect', () => mark('tls'));
    });
    sent.on('error', fail);
    sent.end(body);
  });
}

function phasesOf(marks: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  const names = [
    ['dns', 'dns'],
    ['connect', 'connect'],
    ['tls', 'tls'],
    ['firstByte', 'first'],
    ['download', 'end'],
  ] as const;
  let before = marks.get('start') ?? 0;
  const phases: Record<string, number> = {};
  for (const [name, key] of names) {
    const at = marks.get(key);
    if (at === undefined) continue;
    phases[name] = at - before;
    before = at;
  }
  return phases;
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')]));
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
