import { viaText } from './address.ts';
import type { Alarms } from './alarms.ts';
import { Failover } from './failover.ts';
import { bare, defaultPort, type Flow, FlowError, type Hop, viaTransport } from './flow.ts';
import {
  header,
  readMessage,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  startLine,
  writeMessage,
} from './message.ts';
import { Reliability } from './reliability.ts';
import { hopsOf } from './resolver.ts';
import { ackOf, here, isLarge, nextHop, replace, sameRoute, withSource } from './rewrite.ts';
import type { Sockets } from './sockets.ts';

/** ms that TCP has to come about for a request that is large for UDP. */
const patience = 1000;

/** What went over the wire, as it was. */
export interface Traced {
  readonly direction: 'in' | 'out';
  readonly message: SipMessage;
  readonly flow: Flow;
  readonly again: boolean;
}

/** Who sits above: SIP.js and the agent. */
export interface EndpointEars {
  request(message: SipRequest, flow: Flow): void;
  response(message: SipResponse): void;
  /** The connection that a request of ours waits on is gone. */
  failed(request: SipRequest, why: FlowError): void;
  /** Returns what is to be told when it really left, epoch ms. */
  traced(event: Traced): (at: number) => void;
  /** A connection is gone: whoever is registered over it cannot be called. */
  parted(why: FlowError): void;
  /** Input that was not a SIP message. */
  refused(why: string, flow: Flow): void;
}

export interface EndpointCounters {
  received: number;
  sent: number;
  refused: number;
  /** Exceptions of SIP.js on input; the message is dropped. */
  thrown: number;
}

/**
 * Between SIP.js, which knows neither addresses nor repetition, and the sockets: routing (RFC 3261 §8.1.2, §18),
 * Via and Contact, received and rport (RFC 3581), the reliability layer, and the tap that evidence is made from.
 */
export class Endpoint {
  readonly counters: EndpointCounters = { received: 0, sent: 0, refused: 0, thrown: 0 };
  readonly reliability: Reliability;
  readonly #sockets: Sockets;
  readonly #alarms: Alarms;
  readonly #ears: EndpointEars;
  /** The connection that a dialog was set up on, by Call-ID: peers behind NAT and browsers can be reached on no other. */
  readonly #dialogFlows = new Map<string, Flow>();
  /** How a connection was made, to make it again. */
  readonly #ways = new WeakMap<Flow, Hop>();
  /** Branches of requests that are said once more since their connection was lost. */
  readonly #again = new Set<string>();
  /** Where large requests go by UDP all the same: TCP is not taken there. */
  readonly #udpOnly = new Set<string>();
  readonly #failover: Failover;
  #closed = false;

  constructor(sockets: Sockets, alarms: Alarms, ears: EndpointEars) {
    this.#sockets = sockets;
    this.#alarms = alarms;
    this.#ears = ears;
    this.reliability = new Reliability(alarms, {
      repeated: (message, flow) => ears.traced({ direction: 'out', message, flow, again: true }),
    });
    this.#failover = new Failover(alarms, {
      abandon: (request) => this.reliability.abandon(request),
      again: (request, places) => {
        this.#connect(request, places).catch((error: unknown) => this.#failed(request, error));
      },
    });
  }

  /** The whole text of one message that SIP.js wants sent. Rejects with FlowError when there is no way to the peer. */
  async send(text: string): Promise<void> {
    const message = readMessage(text);
    if (message.kind === 'unreadable') throw new Error(`will not send what nobody can read (${message.why})`);
    this.counters.sent++;
    if (message.kind === 'response') this.#sendResponse(message);
    else await this.#sendRequest(message);
  }

  /** Nothing is said again from now on. */
  close(): void {
    this.#closed = true;
  }

  /** The dialog is over. */
  forget(callId: string): void {
    this.#dialogFlows.delete(callId);
  }

  /** `at`: when it came, epoch ms. */
  receive(text: string, flow: Flow, at: number): void {
    if (text.trim() === '') return;
    this.counters.received++;
    const read = readMessage(text);
    if (read.kind === 'unreadable') {
      this.counters.refused++;
      this.#ears.refused(read.why, flow);
      if (read.answer !== undefined) flow.send(read.answer);
      return;
    }
    const message = { ...read, at };
    try {
      if (message.kind === 'request') this.#receiveRequest(withSource(message, flow), flow);
      else this.#receiveResponse(message, flow);
    } catch (error) {
      this.counters.thrown++;
      this.#ears.refused(`dropped ${startLine(message)}: ${String(error)}`, flow);
    }
  }

  lost(flow: Flow, error: Error): void {
    const why = error instanceof FlowError ? error : new FlowError('connect', error.message, { cause: error });
    if (flow.transport !== 'udp') this.#ears.parted(why);
    const way = this.#ways.get(flow);
    for (const request of this.reliability.waitingOn(flow)) {
      const branch = request.via.parameters.branch ?? '';
      const last = !way || this.#again.has(branch);
      if (this.#closed || (last && !this.#failover.lost(request))) this.#failed(request, why);
      else if (!last) {
        // A connection that was idle may be closed just when something is said on it: said once more on another.
        if (this.#again.size > 1000) this.#again.clear();
        this.#again.add(branch);
        this.#connect(request, [way]).catch(() => this.#failover.lost(request) || this.#failed(request, why));
      }
    }
  }

  #receiveRequest(message: SipRequest, flow: Flow): void {
    const fresh = this.reliability.requestIn(message, flow);
    this.#ears.traced({ direction: 'in', message, flow, again: !fresh });
    if (!fresh) return;
    if (flow.transport !== 'udp' && message.method === 'INVITE') this.#dialogFlows.set(message.callId, flow);
    this.#ears.request(message, flow);
  }

  #receiveResponse(message: SipResponse, flow: Flow): void {
    const fresh = this.reliability.responseIn(message);
    this.#ears.traced({ direction: 'in', message, flow, again: !fresh });
    if (!fresh) return;
    const told = this.#failover.heard(this.#complete(message), () => this.#acknowledge(message));
    if (told) this.#ears.response(told);
  }

  #acknowledge(refusal: SipResponse): void {
    const invite = refusal.method === 'INVITE' ? this.reliability.inviteOf(refusal) : undefined;
    if (!invite) return;
    const ack = ackOf(invite.request, refusal);
    this.#ears.traced({ direction: 'out', message: ack, flow: invite.flow, again: false });
    this.reliability.requestOut(ack, writeMessage(ack), invite.flow);
  }

  #failed(request: SipRequest, error: unknown): void {
    const why = error instanceof FlowError ? error : new FlowError('connect', String(error), { cause: error });
    this.#ears.failed(this.#failover.original(request), why);
  }

  /** SIP.js drops 18x without a To tag, and 18x and 2xx to INVITE without Contact, and the call with them. */
  #complete(message: SipResponse): SipResponse {
    if (message.method !== 'INVITE' || message.status <= 100 || message.status >= 300) return message;
    const headers = [...message.headers];
    let { to } = message;
    if (message.status < 200 && !to.parameters.tag) {
      to = { ...to, parameters: { ...to.parameters, tag: 'none' } };
      replace(headers, 'to', (value) => `${value};tag=none`);
    }
    const invite = this.reliability.inviteOf(message);
    if (header(message, 'contact') === undefined && invite)
      headers.push({ name: 'contact', value: `<${invite.request.uri}>` });
    return { ...message, headers, to };
  }

  #sendResponse(message: SipResponse): void {
    const flow = this.reliability.flowOf(message) ?? this.#backTo(message);
    if (!flow) return;
    const ready = { ...message, headers: here(message.headers, flow) };
    const again = this.reliability.responseOut(ready, writeMessage(ready), flow);
    this.#ears.traced({ direction: 'out', message: ready, flow, again });
  }

  /** RFC 3261 §18.2.2, RFC 3581 §4. */
  #backTo({ via }: SipResponse): Flow | undefined {
    const host = via.parameters.received ?? via.host;
    const port = Number(via.parameters.rport ?? via.port ?? defaultPort('udp'));
    return via.transport === 'UDP' ? this.#sockets.udp(bare(host), port) : undefined;
  }

  #sendRequest(message: SipRequest): Promise<void> | void {
    if (message.method === 'ACK' || message.method === 'CANCEL') {
      const following = this.#failover.following(message);
      const invite = this.reliability.inviteOf(following);
      if (invite) return this.#leave(sameRoute(following, invite.request), invite.flow);
    }
    const kept = message.to.parameters.tag ? this.#dialogFlows.get(message.callId) : undefined;
    if (kept?.alive) return this.#leave(message, kept);
    const way = kept && this.#ways.get(kept);
    if (way) return this.#connect(message, [way]);
    const target = nextHop(message);
    if (!target) throw new FlowError('dns', `no SIP address to send to: ${message.uri}`);
    const hops = hopsOf(target, this.#sockets.transport);
    if (!(hops instanceof Promise) && hops[0]) {
      const flow = this.#sockets.ready(hops[0]);
      if (flow) return this.#leave(message, flow);
    }
    return this.#connect(message, hops);
  }

  async #connect(message: SipRequest, wanted: readonly Hop[] | Promise<readonly Hop[]>): Promise<void> {
    let last: unknown;
    const hops = this.#failover.order(await wanted);
    for (const [at, hop] of hops.entries()) {
      try {
        const flow = await this.#sockets.connect(hop);
        this.#ways.set(flow, hop);
        await this.#leave(message, flow);
        this.#failover.sent(message, hop, hops.slice(at + 1));
        return;
      } catch (error) {
        last = error;
      }
    }
    if (last instanceof FlowError) throw last;
    throw new FlowError('connect', last === undefined ? `no address for ${message.uri}` : String(last), {
      cause: last,
    });
  }

  #leave(message: SipRequest, flow: Flow, { anyhow = false } = {}): Promise<void> | void {
    const branch = message.via.parameters.branch ?? null;
    const via = {
      transport: viaTransport(flow.transport),
      host: flow.local.host,
      ...(flow.local.port === 0 ? {} : { port: flow.local.port }),
      parameters: { branch, rport: null },
    };
    const headers = here(message.headers, flow);
    replace(headers, 'via', () => viaText(via));
    const ready = { ...message, headers, via };
    const text = writeMessage(ready);
    if (!anyhow && isLarge(ready, text, flow)) return this.#large(message, flow);
    if (flow.transport !== 'udp' && message.method === 'INVITE') this.#dialogFlows.set(message.callId, flow);
    const left = this.#ears.traced({ direction: 'out', message: ready, flow, again: false });
    // Post-dial delay is counted from there: the others may wait for the thread that sends them.
    this.reliability.requestOut(ready, text, flow, ready.method === 'INVITE' ? left : undefined);
  }

  /** By TCP to the same place, where that is taken; a place that does not is remembered. */
  async #large(message: SipRequest, flow: Flow): Promise<void> {
    const { host, port } = flow.remote;
    const place = `${host}:${port}`;
    const late = Promise.withResolvers<undefined>();
    const stop = this.#alarms.after(patience, () => late.resolve(undefined));
    const hop: Hop = { transport: 'tcp', host, port };
    const connecting = this.#udpOnly.has(place) ? undefined : this.#sockets.connect(hop).catch(() => undefined);
    const over = await Promise.race([connecting, late.promise]);
    stop();
    if (over) this.#ways.set(over, hop);
    else this.#udpOnly.add(place);
    if (this.#udpOnly.size > 1000) this.#udpOnly.clear();
    if (!this.#closed) await this.#leave(message, over ?? flow, { anyhow: true });
  }
}
