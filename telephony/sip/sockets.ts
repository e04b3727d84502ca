import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { Connections } from './connections.ts';
import { bare, bracketed, type Ears, type Flow, FlowError, type Hop, type Transport } from './flow.ts';
import { TcpPort } from './tcp.ts';
import { TlsDialer, type TlsSettings } from './tls.ts';
import { type OpenDatagrams, UdpPort } from './udp.ts';
import { carry, WebSocketDialer } from './websocket.ts';

export interface SocketSettings {
  /** Where the settings and the URI say nothing. */
  readonly transport: Transport;
  /** Address to bind; the one that faces `peer` when not given. */
  readonly host?: string;
  /** 0: a free one. */
  readonly port: number;
  /** Numeric address of a peer that ours must be reachable from. */
  readonly peer?: { readonly host: string; readonly port: number };
  readonly tls?: TlsSettings;
  /** Of a WebSocket; `/` where not given. */
  readonly path?: string;
  /** How UDP sockets are made; in this thread where not given. */
  readonly datagrams?: OpenDatagrams | undefined;
}

/** A connection that came in at somebody else's door. */
export type Guest =
  | { readonly transport: 'tcp'; readonly socket: Socket }
  /** A WebSocket that agreed on the subprotocol `sip`. */
  | { readonly transport: 'ws'; readonly socket: WebSocket; readonly remote: Flow['remote'] };

/** All sockets of one user agent: the port of its transport, and of each other transport that a request asks for. */
export class Sockets implements AsyncDisposable {
  readonly transport: Transport;
  readonly #settings: SocketSettings;
  readonly #ears: Ears;
  readonly #told: string;
  readonly #udp: UdpPort | undefined;
  #tcp: Promise<TcpPort> | undefined;
  #tls: TlsDialer | undefined;
  readonly #web = new Map<Transport, WebSocketDialer>();
  readonly #guests = new Map<Transport, Connections>();

  private constructor(settings: SocketSettings, ears: Ears, { told, udp }: { told: string; udp: UdpPort | undefined }) {
    this.transport = settings.transport;
    this.#settings = settings;
    this.#ears = ears;
    this.#told = told;
    this.#udp = udp;
  }

  static async open(settings: SocketSettings, ears: Ears): Promise<Sockets> {
    const { transport, host, port, peer, datagrams } = settings;
    const told = host && !isAny(host) ? host : peer ? await addressFacing(peer.host, peer.port) : '127.0.0.1';
    const at = { host: host ?? told, told, port };
    const udp = transport === 'udp' ? await UdpPort.open(at, ears, datagrams) : undefined;
    const sockets = new Sockets(settings, ears, { told, udp });
    if (transport === 'tcp') await sockets.#tcpPort();
    return sockets;
  }

  /** Where requests to us come in; port 0 where they only come back over connections of ours. */
  async local(): Promise<{ readonly host: string; readonly port: number }> {
    if (this.#udp) return this.#udp.local;
    return this.transport === 'tcp' ? (await this.#tcpPort()).local : { host: bracketed(this.#told), port: 0 };
  }

  udp(host: string, port: number): Flow | undefined {
    return this.#udp?.flow(host, port);
  }

  /** A flow that can be used at once. */
  ready(hop: Hop): Flow | undefined {
    return hop.transport === 'udp' ? this.#udp?.flow(bare(hop.host), hop.port) : undefined;
  }

  /** Takes a connection; what comes over it is answered over it, and whoever is called at its far end is called over it. */
  async take(guest: Guest): Promise<void> {
    const { transport } = guest;
    const connections = this.#guests.get(transport) ?? new Connections(transport, this.#ears);
    this.#guests.set(transport, connections);
    const local = await this.local();
    if (guest.transport === 'ws') return void carry(guest.socket, connections, { local, remote: guest.remote });
    const { remoteAddress = '', remotePort = 0 } = guest.socket;
    connections.stream(guest.socket, { local, remote: { host: bracketed(remoteAddress), port: remotePort } });
  }

  /** Throws FlowError. */
  async connect(hop: Hop): Promise<Flow> {
    const guest = this.#guests.get(hop.transport)?.known(hop);
    if (guest) return guest;
    switch (hop.transport) {
      case 'udp': {
        const flow = this.ready(hop);
        if (flow) return flow;
        throw new FlowError('connect', `no udp socket for ${hop.host}:${hop.port}`);
      }
      case 'tcp':
        return (await this.#tcpPort()).connect(hop);
      case 'tls':
        this.#tls ??= new TlsDialer(this.#settings.tls ?? {}, this.#ears);
        return this.#tls.connect(hop);
      case 'ws':
      case 'wss':
        return this.#dialer(hop.transport).connect(hop);
      default:
        return hop.transport satisfies never;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#udp?.[Symbol.asyncDispose]();
    await this.#tls?.[Symbol.asyncDispose]();
    for (const dialer of this.#web.values()) await dialer[Symbol.asyncDispose]();
    for (const guests of this.#guests.values()) await guests[Symbol.asyncDispose]();
    if (this.#tcp) await (await this.#tcp)[Symbol.asyncDispose]();
  }

  #dialer(transport: 'ws' | 'wss'): WebSocketDialer {
    const known = this.#web.get(transport);
    if (known) return known;
    const { path = '/', tls = {} } = this.#settings;
    const made = new WebSocketDialer({ secure: transport === 'wss', path, tls }, this.#ears);
    this.#web.set(transport, made);
    return made;
  }

  #tcpPort(): Promise<TcpPort> {
    const { host = this.#told, port, transport } = this.#settings;
    this.#tcp ??= TcpPort.open({ host, told: this.#told, port: transport === 'tcp' ? port : 0 }, this.#ears);
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
