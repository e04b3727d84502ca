import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Lets the telephone share the TCP port of the web: the first bytes of a connection say whose it is. Returns how to turn away who has said nothing yet. */
export function shareDoor(web: Server, telephone: (socket: Socket) => void): () => void {
  const undecided = new Set<Socket>();
  const served = web.listeners('connection');
  web.removeAllListeners('connection');
  web.on('connection', (socket: Socket) => {
    const destroy = () => socket.destroy();
    const look = () => {
      const first = socket.read() as Buffer | null;
      if (first === null) return;
      undecided.delete(socket);
      socket.off('readable', look).off('end', destroy).off('error', destroy);
      socket.unshift(first);
      if (isSip(first)) telephone(socket);
      else for (const serve of served) serve.call(web, socket);
    };
    undecided.add(socket);
    socket.on('readable', look).on('end', destroy).on('error', destroy);
    socket.once('close', () => undecided.delete(socket));
  });
  return () => {
    for (const socket of undecided) socket.destroy();
  };
}

/** `INVITE sip:…`, `SIP/2.0 …`, or the empty lines that keep a connection open. */
const isSip = (first: Buffer) => /^([A-Z]+ (sips?|tel):|SIP\/|\r\n)/i.test(first.toString('latin1', 0, 40));
