import { EventEmitter, once } from 'node:events';
import type { MediaLeg, PressOptions } from './media/leg.ts';
import type { MediaEvent } from './media/leg-event.ts';
import type { MediaSummary } from './media/protocol.ts';
import type { PressedKey } from './media/sender.ts';
import type { Talk } from './negotiation.ts';
import type { Traced } from './sip/endpoint.ts';
import type { SipLeg } from './sip/leg.ts';
import type { LegEvent } from './sip/leg-event.ts';

/** What happens to a call, in signalling and in sound. */
export type CallEvent = LegEvent | InfoDigit | Exclude<MediaEvent, { readonly type: 'statistics' }>;

/** A digit that came by SIP INFO. */
interface InfoDigit {
  readonly type: 'digit';
  readonly digit: string;
  readonly at: number;
  readonly end: number;
  readonly by: 'info';
}
export type CallEventOf<T extends CallEvent['type']> = Extract<CallEvent, { readonly type: T }>;

/** One message of a call, as it went over the wire. */
export type LadderMessage = Traced & { readonly at: number };

export interface CallParts {
  readonly signalling: SipLeg;
  readonly media: MediaLeg;
  readonly negotiation: Talk;
  /** Grows while the call lives. */
  readonly messages: readonly LadderMessage[];
  readonly now: () => number;
  /** Told once, when the call has been closed. */
  closed(): void;
}

/** Events that are kept; a call with more drops the oldest. */
const kept = 10_000;

/** One call with its sound. What happened is kept, so that a step may look back to where the one before it ended. */
export class Call implements AsyncDisposable {
  readonly signalling: SipLeg;
  readonly media: MediaLeg;
  readonly messages: readonly LadderMessage[];
  readonly #negotiation: Talk;
  readonly #now: () => number;
  readonly #closed: () => void;
  readonly #since: number;
  readonly #events: CallEvent[];
  readonly #bell = new EventEmitter();
  #dropped = 0;

  constructor(parts: CallParts, since: number, before: readonly CallEvent[] = []) {
    this.signalling = parts.signalling;
    this.media = parts.media;
    this.messages = parts.messages;
    this.#negotiation = parts.negotiation;
    this.#now = parts.now;
    this.#closed = () => parts.closed();
    this.#since = since;
    this.#events = [...before];
    this.#bell.setMaxListeners(0);
    this.signalling.on((event) => {
      this.#happened(event);
      const digit = event.type === 'info' ? infoDigit(event) : undefined;
      if (digit) this.#happened(digit);
    });
    this.media.on((event) => {
      if (event.type !== 'statistics') this.#happened(event);
    });
  }

  /** When its INVITE left, or came in, epoch ms; while it has not left yet, when it was to. */
  get since(): number {
    return this.messages[0]?.at ?? this.#since;
  }

  get events(): readonly CallEvent[] {
    return this.#events;
  }

  /** Where the next event will stand; positions count on when old events are dropped. */
  get position(): number {
    return this.#dropped + this.#events.length;
  }

  get over(): boolean {
    return this.signalling.state === 'over';
  }

  /** The first event since a position that `wanted` says yes to; rejects with the signal's reason. */
  async until<E extends CallEvent>(
    wanted: (event: CallEvent) => event is E,
    from: number,
    signal: AbortSignal,
  ): Promise<{ readonly event: E; readonly position: number }> {
    for (let at = from; ; ) {
      for (; at < this.position; at++) {
        const event = this.#events[at - this.#dropped];
        if (event && wanted(event)) return { event, position: at };
      }
      await this.#next(signal);
    }
  }

  /** Puts the other side on hold: we still send (music, say), they should not. Throws Refused. */
  async hold(): Promise<void> {
    await this.#want('sendonly');
  }

  async resume(): Promise<void> {
    await this.#want('sendrecv');
  }

  /** Their newest description of their sound. */
  get description(): string {
    return this.#negotiation.theirs;
  }

  /** Connects the other side straight to whoever has this description, as a PBX does; we stay in the signalling alone. Throws Refused. */
  async lend(description: string): Promise<void> {
    this.#negotiation.lend(description);
    await this.signalling.reInvite();
  }

  /** Takes the other side back from whom it was lent to. Throws Refused. */
  async reclaim(): Promise<void> {
    this.#negotiation.reclaim();
    await this.signalling.reInvite();
  }

  async press(keys: string, by: 'rfc4733' | 'in-band' | 'info', options: PressOptions): Promise<readonly PressedKey[]> {
    if (by !== 'info') return this.media.press(keys, { ...options, by });
    const pressed: PressedKey[] = [];
    for (const key of keys.replaceAll(',', '')) {
      const { ms = 160 } = options;
      options.signal?.throwIfAborted();
      const at = this.#now();
      await this.signalling.info('application/dtmf-relay', `Signal=${key}\r\nDuration=${ms}\r\n`);
      pressed.push({ key, at, end: at + ms });
    }
    return pressed;
  }

  /** Hangs up and closes the sound; resolves with the last figures when both are done. */
  async close(): Promise<MediaSummary> {
    try {
      const [, summary] = await Promise.all([this.signalling.hangUp(), this.media.close()]);
      return summary;
    } finally {
      this.#closed();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #want(direction: 'sendonly' | 'sendrecv'): Promise<void> {
    const before = this.#negotiation.direction;
    this.#negotiation.direction = direction;
    try {
      await this.signalling.reInvite();
    } catch (error) {
      this.#negotiation.direction = before;
      throw error;
    }
  }

  async #next(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    try {
      await once(this.#bell, 'ring', { signal });
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
  }

  #happened(event: CallEvent): void {
    this.#events.push(event);
    if (this.#events.length > kept) {
      this.#events.shift();
      this.#dropped += 1;
    }
    this.#bell.emit('ring');
  }
}

/** `application/dtmf-relay` (`Signal=5`, `Duration=160`), or the key alone as `application/dtmf`. */
function infoDigit({ at, contentType, body }: CallEventOf<'info'>): InfoDigit | undefined {
  const relay = /^application\/dtmf-relay\b/i.test(contentType);
  if (!relay && !/^application\/dtmf\b/i.test(contentType)) return undefined;
  const told = relay ? /^\s*signal\s*=\s*(\S+)/im.exec(body)?.[1] : body.trim();
  const digit = told === '10' ? '*' : told === '11' ? '#' : told?.toUpperCase();
  if (digit === undefined || !/^[0-9*#A-D]$/.test(digit)) return undefined;
  const ms = Number(/^\s*duration\s*=\s*(\d{1,5})/im.exec(body)?.[1] ?? 160);
  return { type: 'digit', digit, at, end: at + ms, by: 'info' };
}
