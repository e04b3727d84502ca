import type { Socket } from 'node:net';
import { type Ears, type Flow, FlowError, type Hop, type Transport } from './flow.ts';
import { Framing } from './framing.ts';

/** ms between two signs of life on a quiet connection, so that what stands between keeps it open (RFC 5626 §4.4.1). */
const lively = 25_000;

/** What carries whole messages over one connection. */
export interface Carrier {
  send(text: string): void;
  /** A sign of life that wants no answer. */
  ping(): void;
  close(): void;
}

/** All connections of one transport, made or taken; one a peer. */
export class Connections implements AsyncDisposable {
  readonly #transport: Transport;
  readonly #ears: Ears;
  readonly #flows = new Map<string, Promise<Flow>>();
  readonly #carriers = new Map<Carrier, NodeJS.Timeout>();

  constructor(transport: Transport, ears: Ears) {
    this.#transport = transport;
    this.#ears = ears;
  }

  /** The connection to this peer, if there is one. */
  known(hop: Hop): Promise<Flow> | undefined {
    return this.#flows.get(`${hop.host}:${hop.port}`);
  }

  /** The connection to this peer, made when there is none. */
  to(hop: Hop, make: () => Promise<Flow>): Promise<Flow> {
    const key = `${hop.host}:${hop.port}`;
    const known = this.known(hop);
    if (known) return known;
    const made = make();
    this.#flows.set(key, made);
    made.catch(() => this.#flows.delete(key));
    return made;
  }

  /** A connection that stands. `over` is to be called when it does not any more, `message` for each text that came. */
  adopt(
    carrier: Carrier,
    { local, remote }: Pick<Flow, 'local' | 'remote'>,
  ): { readonly flow: Flow; readonly over: (error: Error) => void; readonly message: (text: string) => void } {
    let alive = true;
    const key = `${remote.host}:${remote.port}`;
    const flow: Flow = {
      transport: this.#transport,
      local,
      remote,
      get alive() {
        return alive;
      },
      send: (text) => {
        if (alive) carrier.send(text);
      },
    };
    const over = (error: Error) => {
      if (!alive) return;
      alive = false;
      clearInterval(this.#carriers.get(carrier));
      this.#carriers.delete(carrier);
      this.#flows.delete(key);
      carrier.close();
      this.#ears.lost(flow, error);
    };
    this.#carriers.set(carrier, setInterval(() => carrier.ping(), lively).unref());
    if (!this.#flows.has(key)) this.#flows.set(key, Promise.resolve(flow));
    return { flow, over, message: (text) => this.#ears.message(text, flow) };
  }

  /** A stream that stands (TCP, TLS). */
  stream(socket: Socket, ends: Pick<Flow, 'local' | 'remote'>): Flow {
    const carrier: Carrier = {
      send: (text) => socket.write(text),
      ping: () => socket.write('\r\n\r\n'),
      close: () => socket.destroy(),
    };
    const { flow, over, message } = this.adopt(carrier, ends);
    const framing = new Framing();
    const key = `${ends.remote.host}:${ends.remote.port}`;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      for (const piece of framing.read(chunk))
        if (piece.kind === 'message') message(piece.text);
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
    for (const [carrier, timer] of this.#carriers) {
      clearInterval(timer);
      carrier.close();
    }
  }
}
