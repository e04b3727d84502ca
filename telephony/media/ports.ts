import { createSocket, type Socket, type SocketOptions } from 'node:dgram';

export interface PortPair {
  readonly rtp: Socket;
  readonly rtcp: Socket;
  readonly port: number;
}

const tries = 60;

/** An even port for RTP and the next one for RTCP (RFC 3550 §11), wherever the system has both free. */
export async function openPair(host: string): Promise<PortPair> {
  for (let n = 0; n < tries; n++) {
    const one = await bound(host, 0);
    const { port } = one.address();
    const beside = port ^ 1;
    try {
      const other = await bound(host, beside);
      return port < beside ? { rtp: one, rtcp: other, port } : { rtp: other, rtcp: one, port: beside };
    } catch (error) {
      one.close();
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
  throw new Error(`no even UDP port with a free neighbour on ${host} in ${tries} tries`);
}

// Addresses are numeric here: no thread for a look-up that has nothing to find.
const lookUps: Readonly<Record<4 | 6, NonNullable<SocketOptions['lookup']>>> = {
  4: (name, _, done) => done(null, name, 4),
  6: (name, _, done) => done(null, name, 6),
};

function bound(host: string, port: number): Promise<Socket> {
  const version = host.includes(':') ? 6 : 4;
  const socket = createSocket({
    type: version === 6 ? 'udp6' : 'udp4',
    recvBufferSize: 262_144,
    lookup: lookUps[version],
  });
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind(port, host, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}
