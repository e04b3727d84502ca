import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { type Carrier, Connections } from './connections.ts';
import { type Ears, type Flow, FlowError, type Hop } from './flow.ts';
import { caps } from './message.ts';
import { patience } from './tcp.ts';
import { type TlsSettings, tlsOptions } from './tls.ts';

/** SIP over WebSocket connections that we make (RFC 7118): a message a frame, and a host that nobody can look up in Via and Contact. */
export class WebSocketDialer implements AsyncDisposable {
  readonly #connections: Connections;
  readonly #settings: { readonly secure: boolean; readonly path: string; readonly tls: TlsSettings };
  readonly #local = { host: `${randomBytes(6).toString('hex')}.invalid`, port: 0 };

  constructor(settings: { readonly secure: boolean; readonly path: string; readonly tls: TlsSettings }, ears: Ears) {
    this.#settings = settings;
    this.#connections = new Connections(settings.secure ? 'wss' : 'ws', ears);
  }

  /** Throws FlowError. */
  connect(hop: Hop): Promise<Flow> {
    return this.#connections.to(hop, async () => {
      const { secure, path, tls } = this.#settings;
      const url = `${secure ? 'wss' : 'ws'}://${hop.name ?? hop.host}:${hop.port}${path}`;
      const socket = new WebSocket(url, 'sip', {
        maxPayload: caps.message,
        perMessageDeflate: false,
        handshakeTimeout: patience,
        ...(secure ? tlsOptions(tls) : {}),
        ...(secure && tls.name !== undefined ? { servername: tls.name } : {}),
      });
      try {
        await once(socket, 'open');
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        const certificate = /CERT|SELF_SIGNED|ALTNAME|SSL|TLS/i.test(code ?? '');
        throw new FlowError(certificate ? 'tls' : 'connect', `${url}: ${message || code}`, { cause: error });
      }
      return carry(socket, this.#connections, { local: this.#local, remote: { host: hop.host, port: hop.port } });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connections[Symbol.asyncDispose]();
  }
}

/** Puts a WebSocket that stands among the connections. */
export function carry(socket: WebSocket, connections: Connections, ends: Pick<Flow, 'local' | 'remote'>): Flow {
  const carrier: Carrier = {
    send: (text) => socket.send(text),
    ping: () => socket.ping(),
    close: () => socket.terminate(),
  };
  const { flow, over, message } = connections.adopt(carrier, ends);
  socket.on('message', (data) => {
    const text = String(data);
    // CRLF CRLF is a keep-alive here as well (RFC 7118 §6).
    if (text === '\r\n\r\n') socket.send('\r\n');
    else message(text);
  });
  socket.on('error', (error) => over(error));
  socket.on('close', () =>
    over(new FlowError('connect', `the WebSocket of ${ends.remote.host}:${ends.remote.port} was closed`)),
  );
  return flow;
}
