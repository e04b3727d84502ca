import { randomInt } from 'node:crypto';
import { Call, type CallEvent, type LadderMessage } from './call.ts';
import type { IceSettings } from './media/ice-servers.ts';
import { newKey } from './media/sdes.ts';
import { SdpError } from './media/sdp.ts';
import type { MediaThread } from './media/thread.ts';
import type { WebEngine } from './media/web-wire.ts';
import { Negotiation, type Talk } from './negotiation.ts';
import { type AgentSettings, type Binding, type DialOptions, type Reachable, SipAgent } from './sip/agent.ts';
import type { SipLeg } from './sip/leg.ts';
import type { Refusal } from './sip/outcome.ts';
import type { Registration } from './sip/registration.ts';
import type { Guest } from './sip/sockets.ts';
import type { StackSurroundings } from './sip/stack.ts';
import { WebNegotiation } from './web-negotiation.ts';

export interface PhoneSettings extends AgentSettings {
  /** In order of liking: PCMU, PCMA, G722, OPUS. */
  readonly codecs: readonly string[];
  /** Sound over WebRTC (ICE, DTLS-SRTP) rather than plain RTP. */
  readonly web?: IceSettings & { readonly engine?: WebEngine };
  /** Sound by SRTP, with keys in the signalling (SDES, RFC 4568): keep that on TLS. */
  readonly srtp?: boolean;
  /** Keep the packets of calls, for a pcap. */
  readonly capture?: boolean;
  /** False: a call that comes in is not told that it rings. */
  readonly rings?: boolean;
  /** Offer telephone-event (RFC 4733). */
  readonly digits: boolean;
  /** False: keys that the other side sounds as tones are not listened for. */
  readonly toneKeys?: boolean;
}

export interface PhoneSurroundings extends Pick<StackSurroundings, 'clock' | 'random'> {
  readonly media: MediaThread;
  /** Path of the recording of the next call; undefined: none. */
  recording?(): string | undefined;
}

/** Ladders that are kept, so that INVITEs that never became a call do not add up. */
const most = 1000;

/** A telephone: one persona that calls and is called, with sound. */
export class Phone implements AsyncDisposable {
  readonly #settings: PhoneSettings;
  readonly #around: PhoneSurroundings;
  readonly #agent: SipAgent;
  readonly #ladders: Map<string, LadderMessage[]>;
  readonly #calls = new Set<Call>();

  private constructor(
    settings: PhoneSettings,
    around: PhoneSurroundings,
    parts: { readonly agent: SipAgent; readonly ladders: Map<string, LadderMessage[]> },
  ) {
    this.#settings = settings;
    this.#around = around;
    this.#agent = parts.agent;
    this.#ladders = parts.ladders;
  }

  /** Throws what `SipAgent.open` throws. */
  static async open(settings: PhoneSettings, around: PhoneSurroundings): Promise<Phone> {
    const ladders = new Map<string, LadderMessage[]>();
    const { clock, random } = around;
    const traced = (event: LadderMessage) => {
      const { callId, method } = event.message;
      const known = ladders.get(callId);
      if (known) known.push(event);
      else if (method === 'INVITE') ladders.set(callId, [event]);
      const [oldest] = ladders.keys();
      if (ladders.size > most && oldest !== undefined) ladders.delete(oldest);
    };
    const { datagrams } = around.media;
    const agent = await SipAgent.open(settings, { clock, random, traced, datagrams });
    return new Phone(settings, around, { agent, ladders });
  }

  get local(): { readonly host: string; readonly port: number } {
    return this.#agent.local;
  }

  /** Address of record. */
  get uri(): string {
    return this.#agent.uri;
  }

  /** Sent, repeated and refused messages of this persona. */
  get counters(): SipAgent['counters'] {
    return this.#agent.counters;
  }

  /** What a dialled text means here, as a SIP URI. Throws Error for what is none. */
  resolve(target: string): string {
    return this.#agent.resolve(target);
  }

  /** Calls; resolves once the INVITE is on its way. With `lent` it offers the sound of somebody else (see `Call.lend`). */
  async dial(target: string, options: Omit<DialOptions, 'parley'> & { readonly lent?: string } = {}): Promise<Call> {
    this.#agent.resolve(target);
    const media = await this.#media();
    const negotiation = this.#negotiation();
    const since = this.#around.clock.now();
    try {
      await negotiation.attach(media);
      if (options.lent !== undefined) negotiation.lend(options.lent);
      const signalling = this.#agent.dial(target, { ...options, parley: negotiation });
      return this.#call({ signalling, media, negotiation }, since);
    } catch (error) {
      await media.close();
      throw error;
    }
  }

  /** Lets every call ring that comes in from now on; nobody answers it but who is told of it here. */
  onCall(rings: (call: Call) => void, trouble: (error: unknown) => void): void {
    let negotiation: Talk = this.#negotiation();
    const parleyOf = () => {
      negotiation = this.#negotiation();
      return negotiation;
    };
    this.#agent.answer(parleyOf, (leg) => {
      this.#invited(leg, negotiation).then(rings, trouble);
    });
  }

  register(expires?: number): Promise<Registration> {
    return this.#agent.register(expires);
  }

  /** Takes registrations, as a PBX does; see `SipAgent.registrar`. */
  registrar(registered: (binding: Binding) => void): void {
    this.#agent.registrar(registered);
  }

  /** Takes a connection that came in at somebody else's door; see `Sockets.take`. */
  take(guest: Guest): Promise<void> {
    return this.#agent.take(guest);
  }

  options(target: string): Promise<Reachable | Refusal> {
    return this.#agent.options(target);
  }

  /** Hangs up what is still up. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([...this.#calls].map((call) => call.close()));
    await this.#agent[Symbol.asyncDispose]();
  }

  async #invited(signalling: SipLeg, negotiation: Talk): Promise<Call> {
    const before: CallEvent[] = [];
    const since = this.#around.clock.now();
    const stop = signalling.on((event) => before.push(event));
    let media: Call['media'] | undefined;
    try {
      media = await this.#media();
      await negotiation.attach(media, signalling.invite?.body);
      return this.#call({ signalling, media, negotiation }, since, before);
    } catch (error) {
      signalling.reject(error instanceof SdpError ? 488 : 500);
      await media?.close();
      throw error;
    } finally {
      stop();
    }
  }

  #call(
    parts: { readonly signalling: SipLeg; readonly media: Call['media']; readonly negotiation: Talk },
    since: number,
    before: readonly CallEvent[] = [],
  ): Call {
    const { callId } = parts.signalling;
    const messages = this.#ladders.get(callId) ?? [];
    this.#ladders.set(callId, messages);
    const closed = () => {
      this.#ladders.delete(callId);
      this.#calls.delete(call);
    };
    const now = () => this.#around.clock.now();
    const call = new Call({ ...parts, messages, now, closed }, since, before);
    this.#calls.add(call);
    if (parts.signalling.direction === 'in' && this.#settings.rings !== false) parts.signalling.ring();
    return call;
  }

  #media(): ReturnType<MediaThread['open']> {
    const record = this.#around.recording?.();
    const { web, codecs, capture = false, srtp = false, toneKeys = true } = this.#settings;
    const host = unbracketed(this.#agent.local.host);
    return this.#around.media.open({
      host,
      codecs,
      capture,
      toneKeys,
      sealed: srtp && !web,
      ...(record ? { record } : {}),
      ...(web ? { web } : {}),
    });
  }

  #negotiation(): Talk {
    const { codecs, digits, web, srtp } = this.#settings;
    if (web) return new WebNegotiation({ codecs, ...(web.engine ? { engine: web.engine } : {}) });
    const session = randomInt(1, 2 ** 31);
    return new Negotiation({ codecs, digits, session, ...(srtp ? { crypto: newKey() } : {}) });
  }
}

const unbracketed = (host: string) => (host.startsWith('[') ? host.slice(1, -1) : host);
