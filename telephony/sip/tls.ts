import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import { Connections } from './connections.ts';
import { bare, bracketed, type Ears, type Flow, type Hop } from './flow.ts';
import { established } from './tcp.ts';

/** How a peer proves who it is, and we to it. Paths of PEM files. */
export interface TlsSettings {
  /** Authorities beside those of the system. */
  readonly ca?: string;
  /** Our own certificate and key, where the peer asks for one. */
  readonly cert?: string;
  readonly key?: string;
  /** What the peer's certificate must name; the host of the server where not given. */
  readonly name?: string;
  /** False: any certificate will do. */
  readonly verify?: boolean;
}

/** For node:tls and ws. Throws Error for a file that cannot be read. */
export function tlsOptions({ ca, cert, key, verify = true }: TlsSettings): ConnectionOptions {
  return {
    rejectUnauthorized: verify,
    ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
    ...(cert === undefined ? {} : { cert: readFileSync(cert) }),
    ...(key === undefined ? {} : { key: readFileSync(key) }),
  };
}

/** Connections over TLS that we make; requests of the other side come back over them (RFC 5923). */
export class TlsDialer implements AsyncDisposable {
  readonly #connections: Connections;
  readonly #settings: TlsSettings;

  constructor(settings: TlsSettings, ears: Ears) {
    this.#settings = settings;
    this.#connections = new Connections('tls', ears);
  }

  /** Throws FlowError. */
  connect(hop: Hop): Promise<Flow> {
    return this.#connections.to(hop, async () => {
      const name = this.#settings.name ?? bare(hop.name ?? hop.host);
      const host = bare(hop.host);
      const socket = connect({
        ...tlsOptions(this.#settings),
        host,
        port: hop.port,
        // An address in place of a name must stand in the certificate as such (RFC 5922 §7).
        ...(isIP(name) ? {} : { servername: name }),
      });
      await established(socket, 'secureConnect', hop);
      const local = { host: bracketed(socket.localAddress ?? '127.0.0.1'), port: socket.localPort ?? 0 };
      return this.#connections.stream(socket, { local, remote: { host: hop.host, port: hop.port } });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connections[Symbol.asyncDispose]();
  }
}
