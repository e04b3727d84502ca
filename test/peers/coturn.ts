import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../kit/ports.ts';

export interface Coturn extends AsyncDisposable {
  readonly port: number;
  /** Of TLS, with a certificate of its own. */
  readonly tlsPort: number;
  /** That certificate, PEM. */
  readonly ca: string;
  /** What it wrote so far, a line an event. */
  log(): string;
}

/** A STUN and TURN server on loopback, over UDP unless it is blocked, TCP and TLS: the password of `alice` is `pw-alice`. */
export async function coturn({ udp = true } = {}): Promise<Coturn> {
  const program = '/usr/bin/turnserver';
  if (!existsSync(program))
    throw new Error('coturn is not installed: sudo apt-get install --no-install-recommends coturn');
  const folder = mkdtempSync(join(tmpdir(), 'throughline-coturn-'));
  const [port, tlsPort] = [await freePort(), await freePort()];
  const ca = join(folder, 'cert.pem');
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const files = ['-keyout', join(folder, 'key.pem'), '-out', ca];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files], {
    stdio: 'ignore',
  });
  const log = join(folder, 'log');
  const first = 40_000 + (port % 100) * 100;
  const args = [
    ...['-n', '-v', '-L', '127.0.0.1', '-E', '127.0.0.1', '-p', String(port), '-m', '1'],
    ...['--min-port', String(first), '--max-port', String(first + 99), '--allow-loopback-peers'],
    ...['-a', '-u', 'alice:pw-alice', '-r', 'rig', '--userdb', join(folder, 'users')],
    ...['--tls-listening-port', String(tlsPort), '--cert', ca, '--pkey', join(folder, 'key.pem')],
    ...(udp ? [] : ['--no-udp']),
    ...['--no-cli', '--no-dtls', '--no-rfc5780', '--simple-log', '-l', log],
    ...['--pidfile', join(folder, 'pid'), '--no-stdout-log'],
  ];
  const child = spawn(program, args, { cwd: folder, stdio: 'ignore' });
  const said = () => (existsSync(log) ? readFileSync(log, 'utf8') : '');
  for (let tries = 0; !listens(udp ? 'udp' : 'tcp', port); tries += 1) {
    if (child.exitCode !== null || tries > 500) throw new Error(`coturn does not listen: ${said().slice(-2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return {
    port,
    tlsPort,
    ca,
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

const listens = (by: 'udp' | 'tcp', port: number): boolean =>
  readFileSync(`/proc/net/${by}`, 'utf8').includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} `);
