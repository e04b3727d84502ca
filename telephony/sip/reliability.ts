import type { Alarms } from './alarms.ts';
import { type Flow, isReliable } from './flow.ts';
import { header, type SipMessage, type SipRequest, type SipResponse } from './message.ts';

/** RFC 3261 §17.1.1.1, ms. */
export const T1 = 500;
export const T2 = 4000;
const life = 64 * T1;
/** How long an unanswered request of the peer is remembered, ms; longer while a telephone may ring. */
const patience = 180_000;
const ringing = 3_600_000;

/** A request of ours. A: repeat INVITE; B, F: give up; D, K: absorb what comes again; E: repeat others. */
interface ClientEntry {
  readonly key: string;
  readonly flow: Flow;
  readonly request: SipRequest;
  text: string | undefined;
  state: 'calling' | 'proceeding' | 'completed';
  interval: number;
  /** ACK to a final answer, by the To tag it acknowledges. */
  readonly acks: Map<string, { readonly request: SipRequest; readonly text: string }>;
  readonly tags: Set<string>;
  repeat: (() => void) | undefined;
  end: () => void;
}

/** A request of the peer. G: repeat a refusal; H: until the ACK or the end; I, J: absorb what comes again. */
interface ServerEntry {
  readonly key: string;
  readonly flow: Flow;
  readonly invite: boolean;
  last: { readonly response: SipResponse; readonly text: string } | undefined;
  final: boolean;
  interval: number;
  repeat: (() => void) | undefined;
  end: () => void;
}

export interface ReliabilityEars {
  /** Sent once more. */
  repeated(message: SipMessage, flow: Flow): void;
}

export interface ReliabilityCounters {
  /** Sent again by us. */
  repeated: number;
  /** Sent again by the peer, and not shown to SIP.js. */
  absorbed: number;
  timeouts: number;
}

/**
 * The part of RFC 3261 §17 that SIP.js leaves to a reliable transport: repetition and absorption over UDP,
 * time limits (B, F) on every transport, and which flow a transaction lives on.
 *
 *   client   out ──► repeat T1, 2·T1 ... (others at most T2) until answered; no final in 64·T1: `timeout`
 *            1xx in: INVITE stops repeating; others go on every T2
 *            final in: hand up once, then 64·T1 of absorbing; INVITE: the ACK again
 *   server   in  ──► hand up once; again: our last answer again
 *            INVITE ≥ 300 out: repeat T1 ... T2 until ACK, at most 64·T1
 */
export class Reliability {
  readonly counters: ReliabilityCounters = { repeated: 0, absorbed: 0, timeouts: 0 };
  readonly #alarms: Alarms;
  readonly #ears: ReliabilityEars;
  readonly #clients = new Map<string, ClientEntry>();
  readonly #acknowledged = new Map<string, ClientEntry>();
  readonly #servers = new Map<string, ServerEntry>();

  constructor(alarms: Alarms, ears: ReliabilityEars) {
    this.#alarms = alarms;
    this.#ears = ears;
  }

  get size(): number {
    return this.#clients.size + this.#servers.size;
  }

  /** The request that a CANCEL or an ACK to a refusal belongs to. */
  inviteOf(message: SipMessage): { readonly request: SipRequest; readonly flow: Flow } | undefined {
    return this.#clients.get(clientKey(message, 'INVITE'));
  }

  requestOut(request: SipRequest, text: string, flow: Flow, left?: (at: number) => void): void {
    if (request.method === 'ACK') {
      this.#ackOut(request, text, flow);
      return;
    }
    const key = clientKey(request, request.method);
    const entry: ClientEntry = {
      key,
      flow,
      request,
      text: isReliable(flow.transport) ? undefined : text,
      state: 'calling',
      interval: T1,
      acks: new Map(),
      tags: new Set(),
      repeat: undefined,
      end: this.#alarms.after(life, () => this.#giveUp(entry)),
    };
    this.#clients.get(key)?.end();
    this.#clients.set(key, entry);
    if (request.method === 'INVITE') this.#acknowledged.set(ackKey(request), entry);
    this.#repeatLater(entry);
    flow.send(text, left);
  }

  /** True: this answer had been sent before. */
  responseOut(response: SipResponse, text: string, fallback: Flow): boolean {
    const entry = this.#servers.get(serverKey(response));
    const flow = entry?.flow.alive ? entry.flow : fallback;
    const again = entry?.last?.text === text;
    if (again) this.counters.repeated++;
    if (entry && !(entry.final && response.status < 200)) {
      entry.last = { response, text };
      if (response.status >= 200 && !entry.final) this.#finish(entry, response.status);
    }
    flow.send(text);
    return again;
  }

  /** False: nothing new, already dealt with. */
  responseIn(response: SipResponse): boolean {
    const entry = this.#clients.get(clientKey(response, response.method));
    if (!entry) return true;
    const invite = response.method === 'INVITE';
    if (response.status < 200) {
      if (entry.state === 'completed') return false;
      entry.state = 'proceeding';
      entry.interval = T2;
      if (invite) {
        entry.repeat?.();
        entry.repeat = undefined;
        entry.end();
        entry.end = this.#alarms.after(ringing, () => this.#drop(entry));
      }
      return true;
    }
    const tag = response.to.parameters.tag ?? '';
    const again = entry.state === 'completed' && (!invite || response.status >= 300 || entry.tags.has(tag));
    entry.tags.add(tag);
    if (again) {
      this.counters.absorbed++;
      const ack = entry.acks.get(tag);
      if (ack) this.#again(entry.flow, ack.request, ack.text);
      return false;
    }
    this.#complete(entry);
    return true;
  }

  /** False: a repetition, already dealt with. */
  requestIn(request: SipRequest, flow: Flow): boolean {
    const key = serverKey(request);
    const known = this.#servers.get(key);
    if (request.method === 'ACK') {
      known?.repeat?.();
      if (known) known.repeat = undefined;
      return true;
    }
    if (known) {
      this.counters.absorbed++;
      if (known.last) this.#again(known.flow.alive ? known.flow : flow, known.last.response, known.last.text);
      return false;
    }
    const entry: ServerEntry = {
      key,
      flow,
      invite: request.method === 'INVITE',
      last: undefined,
      final: false,
      interval: T1,
      repeat: undefined,
      end: this.#alarms.after(request.method === 'INVITE' ? ringing : patience, () => this.#forget(entry)),
    };
    this.#servers.set(key, entry);
    return true;
  }

  /** The flow on which a peer's request came whose answer this is. */
  flowOf(response: SipResponse): Flow | undefined {
    return this.#servers.get(serverKey(response))?.flow;
  }

  /** It is not said again, and a refusal of it is nobody's. */
  abandon(request: SipRequest): void {
    const entry = this.#clients.get(clientKey(request, request.method));
    if (entry) this.#complete(entry);
  }

  /** Requests that were waiting on a flow that is gone. */
  waitingOn(flow: Flow): SipRequest[] {
    const waiting = [...this.#clients.values()].filter((entry) => entry.flow === flow && entry.state === 'calling');
    for (const entry of waiting) this.#complete(entry);
    return waiting.map((entry) => entry.request);
  }

  #ackOut(request: SipRequest, text: string, flow: Flow): void {
    const refused = this.#clients.get(clientKey(request, 'INVITE'));
    const entry = refused ?? this.#acknowledged.get(ackKey(request));
    entry?.acks.set(request.to.parameters.tag ?? '', { request, text });
    (refused?.flow ?? flow).send(text);
  }

  #repeatLater(entry: ClientEntry): void {
    if (isReliable(entry.flow.transport)) return;
    entry.repeat = this.#alarms.after(entry.interval, () => {
      if (entry.text === undefined || entry.state === 'completed') return;
      this.#again(entry.flow, entry.request, entry.text);
      entry.interval = entry.request.method === 'INVITE' ? entry.interval * 2 : Math.min(entry.interval * 2, T2);
      this.#repeatLater(entry);
    });
  }

  #again(flow: Flow, message: SipMessage, text: string): void {
    this.counters.repeated++;
    this.#ears.repeated(message, flow);
    flow.send(text);
  }

  #complete(entry: ClientEntry): void {
    entry.state = 'completed';
    entry.text = undefined;
    entry.repeat?.();
    entry.repeat = undefined;
    entry.end();
    entry.end = this.#alarms.after(life, () => this.#drop(entry));
  }

  #giveUp(entry: ClientEntry): void {
    this.counters.timeouts++;
    this.#complete(entry);
  }

  #drop(entry: ClientEntry): void {
    if (this.#clients.get(entry.key) === entry) this.#clients.delete(entry.key);
    const key = ackKey(entry.request);
    if (this.#acknowledged.get(key) === entry) this.#acknowledged.delete(key);
  }

  #finish(entry: ServerEntry, status: number): void {
    entry.final = true;
    entry.end();
    entry.end = this.#alarms.after(life, () => this.#forget(entry));
    if (!entry.invite || status < 300 || isReliable(entry.flow.transport)) return;
    const later = () => {
      entry.repeat = this.#alarms.after(entry.interval, () => {
        if (entry.last) this.#again(entry.flow, entry.last.response, entry.last.text);
        entry.interval = Math.min(entry.interval * 2, T2);
        later();
      });
    };
    later();
  }

  #forget(entry: ServerEntry): void {
    entry.repeat?.();
    if (this.#servers.get(entry.key) === entry) this.#servers.delete(entry.key);
  }
}

/** RFC 3261 §17.1.3; CANCEL shares its INVITE's branch. */
function clientKey(message: SipMessage, method: string): string {
  return `${message.via.parameters.branch ?? ''} ${method}`;
}

function ackKey(request: SipRequest): string {
  return `${request.callId} ${request.cseq} ${request.from.parameters.tag ?? ''}`;
}

function serverKey(message: SipMessage): string {
  return `${transactionOf(message)} ${message.method === 'ACK' ? 'INVITE' : message.method}`;
}

/** RFC 3261 §17.2.3 without the method; of RFC 2543 peers, and of a branch that is nothing but the cookie, what is to be compared instead. */
export function transactionOf(message: SipMessage): string {
  const { host, port, parameters } = message.via;
  const branch = parameters.branch ?? '';
  if (branch.startsWith('z9hG4bK') && branch.length > 7) return `${branch} ${host}:${port ?? ''}`;
  return `${message.callId} ${message.cseq} ${message.from.parameters.tag ?? ''} ${header(message, 'via')}`;
}
