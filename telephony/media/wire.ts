import type { Socket } from 'node:dgram';
import { EventEmitter } from 'node:events';

/** Where what comes from the other side seems to come from: there is one peer, and ICE has proved who it is. */
export const webPeer = { host: '127.0.0.1', port: 9 } as const;

/** As much of a UDP socket as a stream uses. */
export class Wire extends EventEmitter {
  readonly #host: string;
  readonly #send: (bytes: Uint8Array) => Promise<unknown>;
  #open = true;

  constructor(host: string, send: (bytes: Uint8Array) => Promise<unknown>) {
    super();
    this.#host = host;
    this.#send = send;
  }

  /** Itself, to whom wants a socket. */
  get socket(): Socket {
    return this as unknown as Socket;
  }

  came(bytes: Uint8Array): void {
    if (this.#open) this.emit('message', bytes, { address: webPeer.host, port: webPeer.port });
  }

  send(bytes: Uint8Array, _port: number, _host: string, done?: (error: Error | null) => void): void {
    this.#send(bytes).then(
      () => done?.(null),
      (error: unknown) => done?.(error instanceof Error ? error : new Error(String(error))),
    );
  }

  address() {
    return { address: this.#host, port: webPeer.port, family: 'IPv4' };
  }

  close(done?: () => void): void {
    this.#open = false;
    done?.();
  }
}
