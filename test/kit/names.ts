import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** A name server that knows service records; every target is `localhost`. */
export async function nameServer(
  known: Readonly<Record<string, readonly [priority: number, weight: number, port: number][]>>,
) {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.on('message', (query, { port }) => {
    const labels: string[] = [];
    let at = 12;
    while (query[at]) {
      labels.push(query.toString('latin1', at + 1, at + 1 + query[at]!));
      at += 1 + query[at]!;
    }
    const question = query.subarray(12, at + 5);
    const found = known[labels.join('.').toLowerCase()] ?? [];
    const answers = found.map(([priority, weight, target]) => {
      const name = Buffer.from('\x09localhost\0', 'latin1');
      const head = Buffer.alloc(18);
      head.set([0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, 6 + name.length]);
      head.writeUInt16BE(priority, 12);
      head.writeUInt16BE(weight, 14);
      head.writeUInt16BE(target, 16);
      return Buffer.concat([head, name]);
    });
    const head = Buffer.from([
      query[0]!,
      query[1]!,
      0x81,
      found.length > 0 ? 0x80 : 0x83,
      0,
      1,
      0,
      found.length,
      0,
      0,
      0,
      0,
    ]);
    socket.send(Buffer.concat([head, question, ...answers]), port, '127.0.0.1');
  });
  return { address: `127.0.0.1:${socket.address().port}`, close: () => socket.close() };
}
