import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { bare, bracketed, type Ears, type Flow, FlowError, type Hop } from './flow.ts';
import { caps } from './message.ts';

/** ms until a connection that does not come about is given up. */
const patience = 10_000;

/** One TCP port that listens, and every connection made or taken; one connection a peer. */
export class TcpPort implements AsyncDisposable {
  readonly local: { readonly host: string; readonly port: number };
  readonly #server: Server;
  readonly #ears: Ears;
  readonly #flows = new Map<string, Promise<Flow>>();
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, told: string, ears: Ears) {
    this.#server = server;
    this.#ears = ears;
    this.local = { host: bracketed(told), port: (server.address() as AddressInfo).port };
    server.on('connection', (socket) => {
      const host = bracketed(socket.remoteAddress ?? '');
      this.#flow(socket, { host, port: socket.remotePort ?? 0 });
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
    const key = `${hop.host}:${hop.port}`;
    const known = this.#flows.get(key);
    if (known) return known;
    const made = this.#connect(hop);
    this.#flows.set(key, made);
    made.catch(() => this.#flows.delete(key));
    return made;
  }

  async #connect(hop: Hop): Promise<Flow> {
    const socket = connect({ host: bare(hop.host), port: hop.port });
    this.#sockets.add(socket);
    try {
      await once(socket, 'connect', { signal: AbortSignal.timeout(patience) });
    } catch (error) {
      this.#sockets.delete(socket);
      socket.destroy();
      const code = (error as NodeJS.ErrnoException).code;
      const why = code === 'ABORT_ERR' ? `no connection within ${patience} ms` : (code ?? String(error));
      throw new FlowError('connect', `tcp ${hop.host}:${hop.port}: ${why}`, { cause: error });
    }
    return this.#flow(socket, { host: hop.host, port: hop.port });
  }

  #flow(socket: Socket, remote: { host: string; port: number }): Flow {
    let alive = true;
    const key = `${remote.host}:${remote.port}`;
    const flow: Flow = {
      transport: 'tcp',
      local: this.local,
      remote,
      get alive() {
        return alive;
      },
      send: (text) => {
        if (alive) socket.write(text);
      },
    };
    const over = (error: Error) => {
      if (!alive) return;
      alive = false;
      this.#sockets.delete(socket);
      this.#flows.delete(key);
      socket.destroy();
      this.#ears.lost(flow, error);
    };
    const framing = new Framing();
    socket.setNoDelay(true);
    this.#sockets.add(socket);
    if (!this.#flows.has(key)) this.#flows.set(key, Promise.resolve(flow));
    socket.on('data', (chunk) => {
      for (const piece of framing.read(chunk))
        if (piece.kind === 'message') this.#ears.message(piece.text, flow);
        else if (piece.kind === 'keep-alive') flow.send('\r\n');
        else {
          this.#ears.refused(piece.why, flow);
          over(new FlowError('connect', `connection of ${key} closed: ${piece.why}`));
          return;
        }
    });
    socket.on('error', (error) => over(error));
    socket.on('close', () => over(new FlowError('connect', `connection of ${key} was closed`)));
    return flow;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

type Piece =
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'keep-alive' }
  | { readonly kind: 'unframed'; readonly why: string };

/** Cuts a stream into messages by Content-Length (RFC 3261 §18.3); CRLF CRLF between them is a keep-alive (RFC 5626 §3.5.1). */
export class Framing {
  #held: Buffer = Buffer.alloc(0);

  read(chunk: Buffer): Piece[] {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const pieces: Piece[] = [];
    for (;;) {
      while (this.#held.length >= 2 && this.#held[0] === 13 && this.#held[1] === 10) {
        const double = this.#held.length >= 4 && this.#held[2] === 13 && this.#held[3] === 10;
        if (double) pieces.push({ kind: 'keep-alive' });
        this.#held = this.#held.subarray(double ? 4 : 2);
      }
      const end = this.#held.indexOf('\r\n\r\n');
      if (end < 0) {
        if (this.#held.length > caps.message) pieces.push({ kind: 'unframed', why: 'headers without an end' });
        return pieces;
      }
      const length = contentLength(this.#held.toString('latin1', 0, end));
      if (typeof length === 'string' || length > caps.message) {
        pieces.push({ kind: 'unframed', why: typeof length === 'string' ? length : `body of ${length} bytes` });
        return pieces;
      }
      if (this.#held.length < end + 4 + length) return pieces;
      pieces.push({ kind: 'message', text: this.#held.toString('utf8', 0, end + 4 + length) });
      this.#held = this.#held.subarray(end + 4 + length);
    }
  }
}

function contentLength(head: string): number | string {
  const found = [...head.matchAll(/\r\n(?:content-length|l)[ \t]*:[ \t]*([^\r\n]*)/gi)].map((match) =>
    match[1]!.trim(),
  );
  if (found.length !== 1) return found.length === 0 ? 'no Content-Length' : 'two Content-Length headers';
  return /^\d{1,9}$/.test(found[0]!) ? Number(found[0]) : `Content-Length: ${found[0]}`;
}
