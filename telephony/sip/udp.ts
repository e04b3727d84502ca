import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { bare, bracketed, type Ears, type Flow } from './flow.ts';

/** Told peers whose addresses are kept; the next one empties the memory. */
const remembered = 4096;

interface Place {
  readonly address: string;
  readonly port: number;
}

interface DatagramEars {
  /** `at`: when it came, epoch ms; now, where that is not told. */
  message(text: string, from: Place, at?: number): void;
  /** Something was not sent, to this address; or the socket is of no more use. */
  lost(error: Error, to?: Place): void;
}

/** A UDP socket for texts. */
interface Datagrams extends AsyncDisposable {
  readonly port: number;
  /** Never throws; what goes wrong later is told. `left`: when it went, epoch ms, where that is not now. */
  send(text: string, port: number, host: string, left?: (at: number) => void): void;
}

/** Binds a socket; port 0: a free one. Rejects with the system's error. */
export type OpenDatagrams = (at: { host: string; port: number }, ears: DatagramEars) => Promise<Datagrams>;

/** In this thread: what comes is stamped when the thread gets round to it. */
const here: OpenDatagrams = async ({ host, port }, ears) => {
  const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' });
  const ready = once(socket, 'listening');
  socket.bind(port, host);
  try {
    await ready;
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.on('message', (data, from) => ears.message(data.toString(), from));
  socket.on('error', (error) => ears.lost(error));
  return {
    port: socket.address().port,
    send: (text, to, address) =>
      socket.send(text, to, address, (error) => {
        if (error) ears.lost(error, { address, port: to });
      }),
    [Symbol.asyncDispose]: async () => {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
};

/** One UDP socket; a flow for each address it talks with. */
export class UdpPort implements AsyncDisposable {
  readonly local: { readonly host: string; readonly port: number };
  #datagrams: Datagrams;
  readonly #flows = new Map<string, Flow>();
  #open = true;

  private constructor(datagrams: Datagrams, told: string) {
    this.#datagrams = datagrams;
    this.local = { host: bracketed(told), port: datagrams.port };
  }

  /** `host` is bound, `told` is what peers are given to answer to. */
  static async open(
    { host, port, told }: { host: string; port: number; told: string },
    ears: Ears,
    open = here,
  ): Promise<UdpPort> {
    let udp: UdpPort | undefined;
    const lost = (error: Error, { address, port: to }: Place = { address: told, port: 0 }) =>
      udp && ears.lost(udp.flow(address, to), error);
    const heard: DatagramEars = {
      message: (text, from, at) => udp && ears.message(text, udp.flow(from.address, from.port), at),
      lost: (error, to) => {
        if (to || open === here || !udp) lost(error, to);
        // The thread that had the socket is gone: calls still have to be hung up, from the same address.
        else udp.#take(here({ host: bare(host), port: udp.local.port }, heard)).catch(lost);
      },
    };
    const datagrams = await open({ host: bare(host), port }, heard);
    udp = new UdpPort(datagrams, told);
    return udp;
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
      send: (text, left) => {
        if (this.#open) this.#datagrams.send(text, port, bare(host), left);
      },
    };
    this.#flows.set(key, flow);
    return flow;
  }

  async #take(binding: Promise<Datagrams>): Promise<void> {
    this.#datagrams = await binding;
    if (!this.#open) await this.#datagrams[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#datagrams[Symbol.asyncDispose]();
  }
}
