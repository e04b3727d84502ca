import { parseUri, type Uri } from './address.ts';

export type Transport = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';

/** Where a message goes next: numeric address, or a name where only the socket resolves it. */
export interface Hop {
  readonly transport: Transport;
  readonly host: string;
  readonly port: number;
  /** What the certificate must name (TLS, WSS). */
  readonly name?: string;
}

/** One way to one peer: a UDP socket with an address, or a connection. */
export interface Flow {
  readonly transport: Transport;
  /** Address and port that the peer can answer to. */
  readonly local: { readonly host: string; readonly port: number };
  readonly remote: { readonly host: string; readonly port: number };
  readonly alive: boolean;
  /** Never throws; what goes wrong later is told to `Ears.lost`. `left`: when it went, epoch ms, where that is not now. */
  send(text: string, left?: (at: number) => void): void;
}

/** What a socket tells the endpoint. */
export interface Ears {
  /** `at`: when it came, epoch ms; now, where that is not told. */
  message(text: string, flow: Flow, at?: number): void;
  /** The flow is gone, or (UDP) did not take a message. */
  lost(flow: Flow, error: Error): void;
  /** Input that could not be framed. */
  refused(why: string, flow: Flow): void;
}

/** Why a request could not leave; `at` is the floor it failed on. */
export class FlowError extends Error {
  readonly at: 'dns' | 'connect' | 'tls';
  constructor(at: 'dns' | 'connect' | 'tls', message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'FlowError';
    this.at = at;
  }
}

/** Bytes of a request above which a way may not carry it in one datagram (RFC 3261 §18.1.1). */
export const largest = 1300;

export const isReliable = (transport: Transport): boolean => transport !== 'udp';

export function isSecure(transport: Transport): boolean {
  return transport === 'tls' || transport === 'wss';
}

/** RFC 3261 §19.1.2; WebSocket as HTTP's. */
export function defaultPort(transport: Transport): number {
  return { udp: 5060, tcp: 5060, tls: 5061, ws: 80, wss: 443 }[transport];
}

/** As written in Via (RFC 3261 §20.42, RFC 7118 §5.2.2). */
export function viaTransport(transport: Transport): string {
  return transport.toUpperCase();
}

/** The transport that a URI asks for (`;transport=`, `sips:`), if any. */
export function uriTransport(uri: Uri): Transport | undefined {
  const asked = uri.parameters.transport?.toLowerCase();
  if (uri.scheme === 'sips') return asked === 'ws' || asked === 'wss' ? 'wss' : 'tls';
  return asked === 'udp' || asked === 'tcp' || asked === 'tls' || asked === 'ws' || asked === 'wss' ? asked : undefined;
}

/** A server or proxy as people write it: `pbx.example`, `10.0.0.1:5070`, `sip:pbx;transport=tcp`, `wss://pbx:7443/ws`. */
export function parseServer(text: string): { uri: Uri; transport?: Transport; path?: string } | undefined {
  const web = /^(wss?):\/\/([^/\s]+)(\/\S*)?$/i.exec(text);
  if (web) {
    const transport = web[1]!.toLowerCase() as Transport;
    const uri = parseUri(`sip:${web[2]};transport=${transport}`);
    return uri && { uri, transport, path: web[3] ?? '/' };
  }
  const uri = parseUri(/^sips?:/i.test(text) ? text : `sip:${text}`);
  const transport = uri && uriTransport(uri);
  return uri && { uri, ...(transport ? { transport } : {}) };
}

export const isNumeric = (host: string): boolean => /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:.]+\])$/i.test(host);

/** `[::1]` as sockets want it. */
export const bare = (host: string): string => (host.startsWith('[') ? host.slice(1, -1) : host);

/** `::1` as SIP wants it. */
export const bracketed = (host: string): string => (host.includes(':') && !host.startsWith('[') ? `[${host}]` : host);
