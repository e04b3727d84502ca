import { type IncomingResponseMessage, LoggerFactory, TransportError, UserAgentCore } from 'sip.js/lib/core/index.js';
import type { Clock } from '../../core/clock.ts';
import { quote, splitOutside, type Uri } from './address.ts';
import { Alarms } from './alarms.ts';
import { incomingRequest, incomingResponse, originOf, sipUri } from './bridge.ts';
import { type Account, DigestAnswers } from './digest.ts';
import { Endpoint, type EndpointCounters, type Traced } from './endpoint.ts';
import { type Ears, FlowError } from './flow.ts';
import { headerValues, methods, type SipRequest } from './message.ts';
import { type Refusal, rejection } from './outcome.ts';
import type { ReliabilityCounters } from './reliability.ts';
import { hereHost } from './rewrite.ts';
import { type Guest, type SocketSettings, Sockets } from './sockets.ts';
import { uriOf } from './target.ts';
import { receiveUpdate } from './update.ts';

export interface StackSettings {
  readonly sockets: Omit<SocketSettings, 'datagrams'>;
  readonly user: string;
  readonly display?: string;
  readonly account?: Account;
  /** Route headers of every request outside a dialog. */
  readonly route: readonly string[];
  /** Requests outside a dialog for other users are answered 404 unless true. */
  readonly anyUser: boolean;
}

export interface StackSurroundings {
  readonly clock: Clock;
  readonly random: () => number;
  /** How UDP sockets are made; in this thread where not given. */
  readonly datagrams?: SocketSettings['datagrams'];
  /** Every message, as it went over the wire. */
  traced?(event: Traced & { readonly at: number }): void;
  /** Input that was no SIP message. */
  refused?(why: string): void;
}

/** Option tags that we tell of; `100rel` only where the other side insists on it (RFC 3262). */
const supported = ['replaces', 'timer'] as const;
const understood: ReadonlySet<string> = new Set([...supported, '100rel']);

/** SIP.js's core on our own transport: one persona, its sockets and timers. */
export class Stack implements AsyncDisposable {
  readonly core: UserAgentCore;
  readonly alarms: Alarms;
  readonly local: { readonly host: string; readonly port: number };
  readonly endpoint: Endpoint;
  readonly #settings: StackSettings;
  readonly #sockets: Sockets;
  readonly #contact: Uri;
  /** Told when a connection is gone. */
  parted: ((why: FlowError) => void) | undefined;
  /** SIP.js tells of a failed request by a response without headers, a moment after the failure. */
  #lastWhy: FlowError | undefined;

  private constructor(
    settings: StackSettings,
    around: StackSurroundings,
    net: { readonly sockets: Sockets; readonly local: Stack['local']; readonly ears: (endpoint: Endpoint) => void },
  ) {
    this.#settings = settings;
    this.#sockets = net.sockets;
    this.local = net.local;
    this.#contact = uriOf(`sip:${settings.user}@${hereHost}`);
    this.alarms = new Alarms(around.clock);
    this.endpoint = new Endpoint(net.sockets, this.alarms, {
      request: (message) => this.#requested(message),
      response: (message) => this.core.receiveIncomingResponseFromTransport(incomingResponse(message)),
      failed: (request, why) => this.#failed(request, why),
      parted: (why) => this.parted?.(why),
      traced: (event) => {
        const told = { ...event, at: event.message.at ?? around.clock.now() };
        around.traced?.(told);
        return (at) => {
          told.at = at;
        };
      },
      refused: (why) => around.refused?.(why),
    });
    this.core = this.#makeCore(around);
    net.ears(this.endpoint);
  }

  static async open(settings: StackSettings, around: StackSurroundings): Promise<Stack> {
    let endpoint: Endpoint | undefined;
    const ears: Ears = {
      message: (text, flow, at = around.clock.now()) => endpoint?.receive(text, flow, at),
      lost: (flow, error) => endpoint?.lost(flow, error),
      refused: (why) => around.refused?.(why),
    };
    const sockets = await Sockets.open({ ...settings.sockets, datagrams: around.datagrams }, ears);
    const hear = (made: Endpoint) => {
      endpoint = made;
    };
    return new Stack(settings, around, { sockets, local: await sockets.local(), ears: hear });
  }

  /** See `Sockets.take`. */
  take(guest: Guest): Promise<void> {
    return this.#sockets.take(guest);
  }

  get counters(): EndpointCounters & ReliabilityCounters {
    return { ...this.endpoint.counters, ...this.endpoint.reliability.counters };
  }

  /** Our Contact; the endpoint writes the address of the flow into it. */
  get contact(): string {
    return `Contact: <${this.#contact.text}>`;
  }

  /** Why the request behind a response of SIP.js's came to nothing. */
  refusalOf(message: IncomingResponseMessage): Refusal {
    const origin = originOf(message);
    if (origin) {
      const { status } = origin;
      const known = this.#settings.account !== undefined;
      return status === 401 || status === 407 ? { kind: 'auth', status, known } : rejection(origin);
    }
    const why = this.#lastWhy;
    this.#lastWhy = undefined;
    if (message.statusCode !== 408 && why) return { kind: 'unreachable', at: why.at, why: why.message };
    return { kind: 'no response' };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.endpoint.close();
    this.core.dispose();
    this.alarms[Symbol.dispose]();
    await this.#sockets[Symbol.asyncDispose]();
  }

  #requested(message: SipRequest): void {
    const incoming = incomingRequest(message, sipUri(this.#contact));
    const { method } = message;
    const required = headerValues(message, 'require').flatMap((value) => splitOutside(value, ','));
    const unknown = required.filter((tag) => !understood.has(tag.toLowerCase()));
    if (unknown.length > 0 && method !== 'ACK' && method !== 'CANCEL')
      return void this.core.replyStateless(incoming, {
        statusCode: 420,
        extraHeaders: [`Unsupported: ${unknown.join(', ')}`],
      });
    if (!message.to.parameters.tag && method !== 'ACK' && method !== 'CANCEL') {
      const status = this.#refusing(message);
      const extraHeaders = status === 405 ? [`Allow: ${methods}`] : [];
      if (status) return void this.core.replyStateless(incoming, { statusCode: status, extraHeaders });
    }
    if (method === 'UPDATE' && message.to.parameters.tag) receiveUpdate(this.core, incoming);
    else this.core.receiveIncomingRequestFromTransport(incoming);
  }

  /** Of a request outside a dialog: the status that says it is not for us. */
  #refusing({ uri, method }: SipRequest): number | undefined {
    // SIP.js would take a MESSAGE, and there is nobody to read it.
    if (method === 'MESSAGE') return 405;
    const scheme = uri.slice(0, uri.indexOf(':')).toLowerCase();
    if (scheme !== 'sip' && scheme !== 'sips' && scheme !== 'tel') return 416;
    const user = /^sips?:([^@;]*)@/i.exec(uri)?.[1];
    return this.#settings.anyUser || user === undefined || user === this.#settings.user ? undefined : 404;
  }

  #makeCore({ random }: StackSurroundings): UserAgentCore {
    const { user, account, display, route } = this.#settings;
    const loggerFactory = new LoggerFactory();
    loggerFactory.builtinEnabled = false;
    const token = () => Math.floor(random() * 2 ** 48).toString(36);
    const transport = { protocol: 'UDP', send: (text: string) => this.#send(text) };
    return new UserAgentCore(
      {
        aor: sipUri(uriOf(`sip:${user}@${hereHost}`)),
        contact: {
          pubGruu: undefined,
          tempGruu: undefined,
          uri: sipUri(this.#contact),
          toString: () => `<${this.#contact.text}>`,
        },
        displayName: display === undefined ? '' : quote(display).slice(1, -1),
        loggerFactory,
        hackViaTcp: false,
        routeSet: [...route],
        sipjsId: token(),
        supportedOptionTags: [...supported],
        supportedOptionTagsResponse: [...supported],
        userAgentHeaderFieldValue: 'Throughline',
        viaForceRport: true,
        viaHost: hereHost,
        authenticationFactory: () => new DigestAnswers(account, token) as never,
        transportAccessor: () => transport,
      },
      {},
    );
  }

  async #send(text: string): Promise<void> {
    try {
      await this.endpoint.send(text);
    } catch (error) {
      this.#lastWhy = error instanceof FlowError ? error : undefined;
      throw new TransportError(error instanceof Error ? error.message : String(error));
    }
  }

  #failed(request: SipRequest, why: FlowError): void {
    this.#lastWhy = why;
    const client = this.core.userAgentClients.get((request.via.parameters.branch ?? '') + request.method);
    const transaction = client?.transaction as unknown as { onTransportError(error: Error): void } | undefined;
    transaction?.onTransportError(new TransportError(why.message));
  }
}
