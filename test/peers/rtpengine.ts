import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { freePort } from '../kit/ports.ts';

export interface Rtpengine extends AsyncDisposable {
  /** Where it takes orders from a proxy. */
  readonly port: number;
}

/** Starts rtpengine in user space: it stands between WebRTC and plain RTP. */
export async function rtpengine(): Promise<Rtpengine> {
  if (!existsSync('/usr/bin/rtpengine'))
    throw new Error('rtpengine is not installed: sudo apt-get install --no-install-recommends rtpengine');
  const port = await freePort();
  const range = 30_000 + (port % 100) * 100;
  const args = [
    '-f',
    '-E',
    // Not Debian's own file, which claims a port for every one of them.
    '--config-file=none',
    '--table=-1',
    '--interface=127.0.0.1',
    `--listen-ng=127.0.0.1:${port}`,
    `--port-min=${range}`,
    `--port-max=${range + 1999}`,
    '--num-threads=2',
    // Ports of a call that is over are free at once: thousands follow each other here.
    '--delete-delay=0',
    '--log-level=4',
  ];
  const child = spawn('/usr/bin/rtpengine', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += String(chunk);
  });
  for (let tries = 0; !(await answers(port)); tries += 1)
    if (child.exitCode !== null || tries > 100) {
      child.kill('SIGKILL');
      throw new Error(`rtpengine does not answer: ${said.slice(-2000)}`);
    }
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null) return;
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      await closed;
    },
  };
}

/** One ping of its control protocol. */
async function answers(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  try {
    socket.send('1 d7:command4:pinge', port, '127.0.0.1');
    await once(socket, 'message', { signal: AbortSignal.timeout(100) });
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}
