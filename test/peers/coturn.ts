import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './kamailio.ts';

export interface Coturn extends AsyncDisposable {
  readonly port: number;
  /** What it wrote so far, a line an event. */
  log(): string;
}

/** A STUN and TURN server on loopback, over UDP and TCP: the password of `alice` is `pw-alice`. */
export async function coturn(): Promise<Coturn> {
  const program = '/usr/bin/turnserver';
  if (!existsSync(program))
    throw new Error('coturn is not installed: sudo apt-get install --no-install-recommends coturn');
  const folder = mkdtempSync(join(tmpdir(), 'throughline-coturn-'));
  const port = await freePort();
  const log = join(folder, 'log');
  const first = 40_000 + (port % 100) * 100;
  const args = [
    ...['-n', '-v', '-L', '127.0.0.1', '-E', '127.0.0.1', '-p', String(port), '-m', '1'],
    ...['--min-port', String(first), '--max-port', String(first + 99), '--allow-loopback-peers'],
    ...['-a', '-u', 'alice:pw-alice', '-r', 'rig', '--userdb', join(folder, 'users')],
    ...['--no-cli', '--no-tls', '--no-dtls', '--no-rfc5780', '--simple-log', '-l', log],
    ...['--pidfile', join(folder, 'pid'), '--no-stdout-log'],
  ];
  const child = spawn(program, args, { cwd: folder, stdio: 'ignore' });
  const said = () => (existsSync(log) ? readFileSync(log, 'utf8') : '');
  for (let tries = 0; !listens(port); tries += 1) {
    if (child.exitCode !== null || tries > 500) throw new Error(`coturn does not listen: ${said().slice(-2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return {
    port,
    log: said,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null) {
        const closed = once(child, 'close');
        child.kill('SIGKILL');
        await closed;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const listens = (port: number): boolean =>
  readFileSync('/proc/net/udp', 'utf8').includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} `);
