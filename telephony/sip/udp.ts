import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { bare, bracketed, type Ears, type Flow } from './flow.ts';

/** Told peers whose addresses are kept; the next one empties the memory. */
const remembered = 4096;

/** One UDP socket; a flow for each address it talks with. */
export class UdpPort implements AsyncDisposable {
  readonly local: { readonly host: string; readonly port: number };
  readonly #socket: Socket;
  readonly #ears: Ears;
  readonly #flows = new Map<string, Flow>();
  #open = true;

  private constructor(socket: Socket, host: string, ears: Ears) {
    this.#socket = socket;
    this.#ears = ears;
    this.local = { host: bracketed(host), port: socket.address().port };
    socket.on('message', (data, from) => {
      ears.message(data.toString(), this.flow(from.address, from.port));
    });
    socket.on('error', (error) => ears.lost(this.flow(host, 0), error));
  }

  /** `host` is bound, `told` is what peers are given to answer to. */
  static async open(at: { host: string; port: number; told: string }, ears: Ears): Promise<UdpPort> {
    const host = bare(at.host);
    const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' });
    const ready = once(socket, 'listening');
    socket.bind(at.port, host);
    try {
      await ready;
    } catch (error) {
      socket.close();
      throw error;
    }
    try {
      socket.setRecvBufferSize(4 << 20);
      socket.setSendBufferSize(4 << 20);
    } catch {
      // the system's limit is smaller: it keeps its own size
    }
    return new UdpPort(socket, at.told, ears);
  }

  flow(address: string, port: number): Flow {
    const host = bracketed(address);
    const key = `${host}:${port}`;
    const known = this.#flows.get(key);
    if (known) return known;
    if (this.#flows.size >= remembered) this.#flows.clear();
    const port_ = this;
    const flow: Flow = {
      transport: 'udp',
      local: this.local,
      remote: { host, port },
      get alive() {
        return port_.#open;
      },
      send: (text) => {
        if (!this.#open) return;
        this.#socket.send(text, port, bare(host), (error) => {
          if (error) this.#ears.lost(flow, error);
        });
      },
    };
    this.#flows.set(key, flow);
    return flow;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }
}
