import { createSocket } from 'node:dgram';
import { once } from 'node:events';

type Service = readonly [priority: number, weight: number, port: number];
type Pointer = readonly [order: number, preference: number, service: string, replacement: string];

const nameOf = (text: string): Buffer => Buffer.concat([...text.split('.').map(textOf), Buffer.alloc(1)]);
const textOf = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'latin1')]);
const numbers = (...values: readonly number[]): Buffer => Buffer.from(values.flatMap((one) => [one >> 8, one & 255]));
const service = ([priority, weight, port]: Service): Buffer =>
  Buffer.concat([numbers(priority, weight, port), nameOf('localhost')]);
const pointer = ([order, preference, field, replacement]: Pointer): Buffer =>
  Buffer.concat([numbers(order, preference), textOf('s'), textOf(field), textOf(''), nameOf(replacement)]);

/** A name server that knows service records, whose targets all are `localhost`, and pointers to them (NAPTR). */
export async function nameServer(
  known: Readonly<Record<string, readonly Service[]>>,
  pointers: Readonly<Record<string, readonly Pointer[]>> = {},
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
    const name = labels.join('.').toLowerCase();
    const type = question.readUInt16BE(question.length - 4);
    const found =
      type === 33 ? (known[name] ?? []).map(service) : type === 35 ? (pointers[name] ?? []).map(pointer) : [];
    const answers = found.map((data) => {
      const head = Buffer.alloc(12);
      head.set([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60]);
      head.writeUInt16BE(data.length, 10);
      return Buffer.concat([head, data]);
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
