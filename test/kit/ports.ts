import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

const lowest = 10_000;
const span = 20_000;
let next = Math.floor(Math.random() * span);

/**
 * A port of 127.0.0.1 that is free for TCP and UDP. It lies below those that systems give to whoever asks for any (from 32,768
 * on, Linux), so that nobody takes it before it is bound, nor while a server that had it is started again.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowest + (next++ % span);
    if (
      (await free(createServer().listen(port, '127.0.0.1'))) &&
      (await free(createSocket('udp4').bind(port, '127.0.0.1')))
    )
      return port;
  }
}

async function free(holder: { close(done: () => void): unknown } & NodeJS.EventEmitter): Promise<boolean> {
  try {
    await once(holder, 'listening');
  } catch {
    return false;
  }
  await new Promise<void>((done) => holder.close(done));
  return true;
}
