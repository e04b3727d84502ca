import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { bare, bracketed, type Ears, type Flow, FlowError, type Hop, type Transport } from './flow.ts';
import { TcpPort } from './tcp.ts';
import { UdpPort } from './udp.ts';

export interface SocketSettings {
  /** Where the settings and the URI say nothing. */
  readonly transport: Transport;
  /** Address to bind; the one that faces `peer` when not given. */
  readonly host?: string;
  /** 0: a free one. */
  readonly port: number;
  /** Numeric address of a peer that ours must be reachable from. */
  readonly peer?: { readonly host: string; readonly port: number };
}

/** All sockets of one user agent: the port of its transport, and one of TCP for requests that ask for it. */
export class Sockets implements AsyncDisposable {
  readonly transport: Transport;
  readonly #udp: UdpPort | undefined;
  #tcp: Promise<TcpPort> | undefined;
  readonly #openTcp: () => Promise<TcpPort>;

  private constructor(transport: Transport, udp: UdpPort | undefined, openTcp: () => Promise<TcpPort>) {
    this.transport = transport;
    this.#udp = udp;
    this.#openTcp = openTcp;
  }

  static async open({ transport, host, port, peer }: SocketSettings, ears: Ears): Promise<Sockets> {
    if (transport !== 'udp' && transport !== 'tcp')
      throw new FlowError('connect', `transport ${transport} is not there yet; udp and tcp are`);
    const told = host && !isAny(host) ? host : peer ? await addressFacing(peer.host, peer.port) : '127.0.0.1';
    const at = { host: host ?? told, told };
    const udp = transport === 'udp' ? await UdpPort.open({ ...at, port }, ears) : undefined;
    const sockets = new Sockets(transport, udp, () =>
      TcpPort.open({ ...at, port: transport === 'tcp' ? port : 0 }, ears),
    );
    if (transport === 'tcp') await sockets.#tcpPort();
    return sockets;
  }

  /** Where requests to us come in. */
  async local(): Promise<{ readonly host: string; readonly port: number }> {
    return this.#udp?.local ?? (await this.#tcpPort()).local;
  }

  udp(host: string, port: number): Flow | undefined {
    return this.#udp?.flow(host, port);
  }

  /** A flow that can be used at once. */
  ready(hop: Hop): Flow | undefined {
    return hop.transport === 'udp' ? this.#udp?.flow(bare(hop.host), hop.port) : undefined;
  }

  async connect(hop: Hop): Promise<Flow> {
    const flow = this.ready(hop);
    if (flow) return flow;
    if (hop.transport === 'tcp') return (await this.#tcpPort()).connect(hop);
    throw new FlowError('connect', `no ${hop.transport} socket for ${hop.host}:${hop.port}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#udp?.[Symbol.asyncDispose]();
    if (this.#tcp) await (await this.#tcp)[Symbol.asyncDispose]();
  }

  #tcpPort(): Promise<TcpPort> {
    this.#tcp ??= this.#openTcp();
    return this.#tcp;
  }
}

const isAny = (host: string) => host === '0.0.0.0' || bracketed(host) === '[::]';

/** The address of this machine that the peer sees packets from. Nothing is sent. */
async function addressFacing(host: string, port: number): Promise<string> {
  const socket = createSocket(bare(host).includes(':') ? 'udp6' : 'udp4');
  try {
    const connected = once(socket, 'connect');
    socket.connect(port || 9, bare(host));
    await connected;
    return socket.address().address;
  } finally {
    socket.close();
  }
}
