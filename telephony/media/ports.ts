import { createSocket, type Socket } from 'node:dgram';

export interface PortPair {
  readonly rtp: Socket;
  readonly rtcp: Socket;
  readonly port: number;
}

const tries = 60;

/** An even port for RTP and the next one for RTCP (RFC 3550 §11), wherever the system has both free. */
export async function openPair(host: string): Promise<PortPair> {
  const odd: Socket[] = [];
  try {
    for (let n = 0; n < tries; n++) {
      const rtp = await bound(host, 0);
      const port = rtp.address().port;
      if (port % 2 === 1 || port > 65_534) {
        // Kept until the end: given back, the system might offer it again.
        odd.push(rtp);
        continue;
      }
      try {
        return { rtp, rtcp: await bound(host, port + 1), port };
      } catch (error) {
        rtp.close();
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      }
    }
  } finally {
    for (const socket of odd) socket.close();
  }
  throw new Error(`no even UDP port with a free neighbour on ${host} in ${tries} tries`);
}

function bound(host: string, port: number): Promise<Socket> {
  const version = host.includes(':') ? 6 : 4;
  const socket = createSocket({
    type: version === 6 ? 'udp6' : 'udp4',
    recvBufferSize: 262_144,
    // Addresses are numeric here: no thread for a look-up that has nothing to find.
    lookup: (name, _, done) => done(null, name, version),
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
