import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { MessagePort } from 'node:worker_threads';

/** What a socket in the thread that keeps time is told, over a port of its own; with `asked` it tells when that left. undefined: close. */
type Outbound = readonly [text: string, port: number, host: string, asked?: number] | undefined;

/** What it tells: where it is bound, what came, and when (epoch ms), what could not be sent. */
type Inbound =
  | readonly ['bound', port: number]
  | readonly ['unbound', code: string, message: string]
  | readonly ['came', at: number, text: string, host: string, port: number]
  | readonly ['left', asked: number, at: number]
  | readonly ['lost', message: string, host: string, port: number];

export interface DatagramEars {
  /** `at`: when it came, epoch ms. */
  message(text: string, from: { readonly address: string; readonly port: number }, at: number): void;
  /** Something was not sent, to this address; or the socket is of no more use. */
  lost(error: Error, to?: { readonly address: string; readonly port: number }): void;
}

/** A UDP socket for texts. */
export interface Datagrams extends AsyncDisposable {
  readonly port: number;
  /** Never throws; what goes wrong later is told. `left`: when it went, epoch ms. */
  send(text: string, port: number, host: string, left?: (at: number) => void): void;
}

/** Characters on their way from the socket to who reads them; beyond, what comes is lost, as it would be in the socket. */
const most = 4 << 20;

/**
 * The socket itself, in the thread that keeps time: what comes is stamped before anything else is done, however busy its
 * reader is. After a stall of the thread itself `came` says when it may have come; not before the last that was sent.
 */
export function serveDatagrams(
  port: MessagePort,
  { host, wanted, unread }: { readonly host: string; readonly wanted: number; readonly unread: Int32Array },
  { now, came }: { readonly now: () => number; readonly came: () => number },
): void {
  const tell = (told: Inbound) => port.postMessage(told);
  const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' });
  let bound = false;
  let sent = 0;
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (bound) return tell(['lost', error.message, host, 0]);
    tell(['unbound', error.code ?? '', error.message]);
    socket.close(() => port.close());
  });
  socket.on('message', (data, from) => {
    const at = Math.max(came(), sent);
    if (Atomics.load(unread, 0) > most) return;
    const text = data.toString();
    Atomics.add(unread, 0, text.length);
    tell(['came', at, text, from.address, from.port]);
  });
  socket.bind(wanted, host, () => {
    bound = true;
    try {
      socket.setRecvBufferSize(most);
      socket.setSendBufferSize(most);
    } catch {
      // the system's limit is smaller: it keeps its own size
    }
    tell(['bound', socket.address().port]);
  });
  port.on('message', (order: Outbound) => {
    if (order === undefined) return void socket.close(() => port.close());
    const [text, to, address, asked] = order;
    socket.send(text, to, address, (error) => {
      if (error) tell(['lost', error.message, address, to]);
    });
    sent = now();
    if (asked !== undefined) tell(['left', asked, sent]);
  });
}

/** The other end of that port. Throws Error when the address cannot be bound, with the system's `code`. */
export async function openDatagrams(port: MessagePort, unread: Int32Array, ears: DatagramEars): Promise<Datagrams> {
  const ready = Promise.withResolvers<number>();
  const closed = once(port, 'close');
  const asking = new Map<number, (at: number) => void>();
  let asked = 0;
  let open = true;
  port.on('message', (told: Inbound) => {
    switch (told[0]) {
      case 'bound':
        ready.resolve(told[1]);
        return;
      case 'unbound':
        ready.reject(Object.assign(new Error(told[2]), { code: told[1] }));
        return;
      case 'came':
        Atomics.sub(unread, 0, told[2].length);
        if (open) ears.message(told[2], { address: told[3], port: told[4] }, told[1]);
        return;
      case 'left':
        asking.get(told[1])?.(told[2]);
        asking.delete(told[1]);
        return;
      case 'lost':
        if (open) ears.lost(new Error(told[1]), { address: told[2], port: told[3] });
        return;
    }
    told satisfies never;
  });
  void closed.then(() => {
    const error = new Error('the media thread has ended');
    ready.reject(error);
    if (open) ears.lost(error);
  });
  return {
    port: await ready.promise,
    send: (text, to, host, left) => {
      if (!open) return;
      if (!left) return port.postMessage([text, to, host] satisfies Outbound);
      asked += 1;
      asking.set(asked, left);
      port.postMessage([text, to, host, asked] satisfies Outbound);
    },
    [Symbol.asyncDispose]: async () => {
      if (open) port.postMessage(undefined satisfies Outbound);
      open = false;
      await closed;
    },
  };
}
