import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { seeded, seedOf } from '../../core/random.ts';

/** A line between two user agents on loopback that loses messages, seeded for each call and direction: whatever else is on the line, a call loses the same ones. */
export interface LossyLine extends AsyncDisposable {
  /** Where the caller finds who is called. */
  readonly port: number;
  readonly passed: number;
  readonly lost: number;
}

/** `loss` is a share each way; `far` the port of who is called. */
export async function lossyLine({ far, loss, seed }: { far: number; loss: number; seed: number }): Promise<LossyLine> {
  const [near, back] = [await bound(), await bound()];
  const ports = { near: near.address().port, back: back.address().port };
  let caller = 0;
  const count = { passed: 0, lost: 0 };
  const calls = new Map<string, number>();
  const dice = new Map<string, () => number>();
  const loses = (text: string, way: string) => {
    const id = /^(?:call-id|i)\s*:\s*(\S+)/im.exec(text)?.[1] ?? '';
    const index = calls.get(id) ?? calls.size;
    calls.set(id, index);
    const key = `${index} ${way}`;
    const roll = dice.get(key) ?? seeded(seedOf(seed, key));
    dice.set(key, roll);
    const lost = roll() < loss;
    count[lost ? 'lost' : 'passed'] += 1;
    return lost;
  };
  // Each side takes the line for the other: addresses are exchanged in Via and Contact too.
  const seen = (text: string, from: number, to: number) => text.replaceAll(`127.0.0.1:${from}`, `127.0.0.1:${to}`);
  near.on('message', (data, { port }) => {
    caller = port;
    const text = String(data);
    if (!loses(text, 'there')) back.send(seen(seen(text, port, ports.back), ports.near, far), far, '127.0.0.1');
  });
  back.on('message', (data) => {
    const text = String(data);
    if (!loses(text, 'back')) near.send(seen(seen(text, far, ports.near), ports.back, caller), caller, '127.0.0.1');
  });
  return {
    port: ports.near,
    get passed() {
      return count.passed;
    },
    get lost() {
      return count.lost;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of [near, back]) await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}
