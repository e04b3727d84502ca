import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Connections } from './connections.ts';
import { bare, bracketed, type Ears, type Flow, FlowError, type Hop } from './flow.ts';

/** ms until a connection that does not come about is given up. */
export const patience = 10_000;

/** One TCP port that listens, and every connection made or taken. */
export class TcpPort implements AsyncDisposable {
  readonly local: { readonly host: string; readonly port: number };
  readonly #server: Server;
  readonly #connections: Connections;

  private constructor(server: Server, told: string, ears: Ears) {
    this.#server = server;
    this.#connections = new Connections('tcp', ears);
    this.local = { host: bracketed(told), port: (server.address() as AddressInfo).port };
    server.on('connection', (socket) => {
      const host = bracketed(socket.remoteAddress ?? '');
      this.#connections.stream(socket, { local: this.local, remote: { host, port: socket.remotePort ?? 0 } });
    });
  }

  /** `host` is bound, `told` is what peers are given to answer to. */
  static async open(at: { host: string; port: number; told: string }, ears: Ears): Promise<TcpPort> {
    const server = createServer();
    const ready = once(server, 'listening');
    server.listen(at.port, bare(at.host));
    await ready;
    return new TcpPort(server, at.told, ears);
  }

  /** The connection to this peer, made when there is none. Throws FlowError. */
  connect(hop: Hop): Promise<Flow> {
    return this.#connections.to(hop, async () => {
      const socket = connect({ host: bare(hop.host), port: hop.port });
      await established(socket, 'connect', hop);
      return this.#connections.stream(socket, { local: this.local, remote: { host: hop.host, port: hop.port } });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    await this.#connections[Symbol.asyncDispose]();
    await closed;
  }
}

/** Waits for a socket to stand. Throws FlowError, with the floor it failed on. */
export async function established(socket: Socket, event: 'connect' | 'secureConnect', hop: Hop): Promise<void> {
  try {
    await once(socket, event, { signal: AbortSignal.timeout(patience) });
  } catch (error) {
    socket.destroy();
    const { code, message } = error as NodeJS.ErrnoException;
    const system = /^E[A-Z]+$/.test(code ?? '');
    const why = code === 'ABORT_ERR' ? `no connection within ${patience} ms` : system ? code : plain(message);
    const at = event === 'secureConnect' && !system && code !== 'ABORT_ERR' ? 'tls' : 'connect';
    throw new FlowError(at, `${hop.transport} ${hop.host}:${hop.port}: ${why}`, { cause: error });
  }
}

/** `tlsv1 alert protocol version` of the line of codes and paths that OpenSSL makes of it. */
function plain(message: string): string {
  const words = /:SSL routines:[^:]*:([^:]+):/.exec(message)?.[1] ?? message;
  return /protocol version|unsupported protocol/.test(words)
    ? `${words}: the server speaks no TLS 1.2 or newer`
    : words;
}
