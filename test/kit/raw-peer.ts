import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { header, headerValues, readMessage, type SipMessage, type SipRequest } from '../../telephony/sip/message.ts';

/** A peer that says exactly what a test wants said, over UDP and without any memory of its own. */
export interface RawPeer extends AsyncDisposable {
  readonly port: number;
  /** Everything that came, in order. */
  readonly came: readonly SipMessage[];
  /** The next message that is this method or status, among those that no `next` has returned. */
  next(what: string | number): Promise<SipMessage>;
  request(method: string): Promise<SipRequest>;
  /** Answers; `tag` is put into To, lines are added. */
  reply(
    request: SipRequest,
    status: string,
    more?: { readonly tag?: string; readonly lines?: readonly string[]; readonly sdp?: string },
  ): void;
  send(text: string, port: number): void;
}

export async function rawPeer(): Promise<RawPeer> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  const came: SipMessage[] = [];
  const left: SipMessage[] = [];
  let wake = Promise.withResolvers<void>();
  const from = new WeakMap<SipMessage, number>();
  socket.on('message', (data, { port: source }) => {
    const message = readMessage(String(data));
    if (message.kind === 'unreadable') return;
    from.set(message, source);
    came.push(message);
    left.push(message);
    wake.resolve();
    wake = Promise.withResolvers();
  });
  const is = (message: SipMessage, what: string | number) =>
    message.kind === 'request' ? message.method === what : message.status === what;
  const next = async (what: string | number): Promise<SipMessage> => {
    for (;;) {
      const at = left.findIndex((message) => is(message, what));
      if (at >= 0) return left.splice(at, 1)[0]!;
      await wake.promise;
    }
  };
  return {
    port,
    came,
    next,
    request: async (method) => (await next(method)) as SipRequest,
    reply: (request, status, { tag, lines = [], sdp = '' } = {}) => {
      const to = header(request, 'to') ?? '';
      const head = [
        `SIP/2.0 ${status}`,
        ...headerValues(request, 'via').map((via) => `Via: ${via}`),
        `From: ${header(request, 'from')}`,
        `To: ${tag === undefined || /;tag=/.test(to) ? to : `${to};tag=${tag}`}`,
        `Call-ID: ${request.callId}`,
        `CSeq: ${request.cseq} ${request.method}`,
        `Contact: <sip:raw@127.0.0.1:${port}>`,
        ...lines,
        ...(sdp === '' ? [] : ['Content-Type: application/sdp']),
        `Content-Length: ${Buffer.byteLength(sdp)}`,
      ];
      socket.send(`${head.join('\r\n')}\r\n\r\n${sdp}`, from.get(request)!, '127.0.0.1');
    },
    send: (text, to) => socket.send(text, to, '127.0.0.1'),
    [Symbol.asyncDispose]: async () => {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

/** One request of a call that the raw peer makes, or is in; what is absent is left out. */
export interface RawRequest {
  readonly method: string;
  readonly uri: string;
  readonly port: number;
  readonly callId: string;
  readonly cseq: number;
  readonly from?: string;
  readonly to: string;
  readonly branch?: string;
  readonly lines?: readonly string[];
  readonly sdp?: string;
}

export function rawRequest(of: RawRequest): string {
  const { method, uri, port, callId, cseq, to, lines = [], sdp = '' } = of;
  const { from = '<sip:raw@127.0.0.1>;tag=raw', branch = `z9hG4bK${method}${cseq}${callId}` } = of;
  const head = [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=${branch};rport`,
    'Max-Forwards: 70',
    `From: ${from}`,
    `To: ${to}`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq} ${method}`,
    `Contact: <sip:raw@127.0.0.1:${port}>`,
    ...lines,
    ...(sdp === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${Buffer.byteLength(sdp)}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${sdp}`;
}
