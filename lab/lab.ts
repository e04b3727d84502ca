import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '../core/clock.ts';
import { SpecError } from '../core/errors.ts';
import { chatRoutes } from './chat-http.ts';
import { ChatSocket } from './chat-socket.ts';
import { Crm, crmRoutes } from './crm.ts';
import { Desk } from './desk.ts';
import { deskRoutes, deskScript } from './desk-pages.ts';
import { shareDoor } from './door.ts';
import { type FaultBoard, faultBoard } from './faults.ts';
import { labRoutes } from './front-desk.ts';
import type { Ground } from './ground.ts';
import { listener, type Route, text } from './http.ts';
import { intakeOf } from './intake.ts';
import { openPhones, type Phones } from './phones.ts';
import { shopRoutes } from './shop.ts';
import { SignIns } from './sign-ins.ts';
import { siteRoutes } from './site.ts';

export interface LabOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly host?: '127.0.0.1';
  /** Fault → value; an empty value takes the usual one. */
  readonly faults?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  /** Shifts the numbers that cases get. */
  readonly seed?: number;
  /** The log of the process, a line at a time. */
  readonly log?: (line: string) => void;
}

/** A running contact centre; disposing closes every socket and stops every timer. */
export interface Lab extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly faults: FaultBoard;
}

/** Starts the practice contact centre on loopback. Throws `SpecError` for an unknown fault and for a port that cannot be had. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const { port = 0, host = '127.0.0.1', clock = systemClock, log = () => {}, seed = 0 } = options;
  const faults = faultBoard(options.faults);
  const closing = new AbortController();
  const ground: Ground = { clock, faults, log, stop: closing.signal, firstCase: 50_001 + (Math.abs(seed) % 40_000) };
  const crm = new Crm(ground);
  const desk = new Desk(ground);
  const signIns = new SignIns();
  const intake = intakeOf(crm, desk);
  const front = { ground, intake, desk };
  const sockets = new ChatSocket(front, signIns);
  const routes: readonly Route[] = [
    ...labRoutes(faults),
    ...siteRoutes({ ground, intake, signIns }),
    ...shopRoutes(ground),
    ...chatRoutes(front),
    ...crmRoutes(crm, ground),
    ...deskRoutes(desk, ground),
    { method: 'GET', path: '/desk.js', answer: () => text(deskScript, 'text/javascript') },
  ];
  const server = createServer(listener(ground, routes));
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const path = request.url?.split('?')[0];
    if (path === '/chat') return sockets.upgrade(request, socket, head);
    if (path === '/sip' && phones) return phones.upgrade(request, socket, head);
    socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  });
  let phones: Phones | undefined;
  const turnAway = shareDoor(server, (socket) => (phones ? phones.take(socket) : socket.destroy()));
  const url = await open(server, { port, host }, async (chosen) => {
    phones = await openPhones({ ground, intake, desk }, { host, port: chosen });
  });
  log(`the lab listens at ${url}`);
  return {
    url,
    port: Number(new URL(url).port),
    faults,
    [Symbol.asyncDispose]: async () => {
      closing.abort(new Error('the lab closes'));
      // First: whoever loses a chat or a call to it asks whether it is still there.
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await phones?.[Symbol.asyncDispose]();
      await sockets[Symbol.asyncDispose]();
      turnAway();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server, { port, host }: { port: number; host: string }): Promise<string> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new SpecError(`${port} is no port`, 'take one from 1 to 65535, or 0 for a free one');
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE')
      throw new SpecError(
        `port ${port} on ${host} is in use${await holderOf(`http://${host}:${port}`)}`,
        'choose another with --port (--port 0 takes a free one), or stop whoever holds it',
      );
    if (code === 'EACCES')
      throw new SpecError(`port ${port} on ${host} may not be used by you`, 'choose one above 1023 with --port');
    throw error;
  }
  return `http://${host}:${(server.address() as AddressInfo).port}`;
}

/** Free ports that are tried until one is free for UDP as well. */
const most = 20;

/** Web and telephone, over TCP and UDP, have the same port. */
async function open(
  server: Server,
  { port, host }: { readonly port: number; readonly host: string },
  telephone: (port: number) => Promise<void>,
): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    const url = await listen(server, { port, host });
    try {
      await telephone(Number(new URL(url).port));
      return url;
    } catch (error) {
      await new Promise<void>((resolve) => server.close(() => resolve()));
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code !== 'EADDRINUSE') throw error;
      if (port === 0 && tries < most) continue;
      throw new SpecError(
        `port ${new URL(url).port} on ${host} is in use for UDP, where the telephone is`,
        'choose another with --port (--port 0 takes a free one), or stop whoever holds it',
      );
    }
  }
}

/** Most often it is a lab that somebody forgot, which says so. */
async function holderOf(url: string): Promise<string> {
  try {
    const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(500) });
    const health = (await answer.json()) as { readonly lab?: unknown; readonly process?: unknown };
    return health.lab === 'throughline' ? ` by another lab (process ${String(health.process)})` : '';
  } catch {
    return '';
  }
}
