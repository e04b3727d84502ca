import { parseParameters } from './address.ts';
import { hasTag, header, type SipMessage, type SipRequest, type SipResponse } from './message.ts';

/** What a session timer rings. */
export interface SessionTimerEars {
  /** Ours to refresh: offer the session anew. */
  refresh(): void;
  /** Theirs to refresh, and they did not. */
  expired(): void;
}

interface Interval {
  /** s */
  readonly seconds: number;
  readonly refresher: 'uac' | 'uas' | undefined;
}

/** s: a peer that asks for less must not make us flood it, and no timer runs for longer than a day. */
const bounds = { least: 20, most: 86_400 } as const;

/** `Session-Expires: 1800;refresher=uac` (RFC 4028 §4), within bounds. */
function intervalOf(message: SipMessage): Interval | undefined {
  const value = header(message, 'session-expires');
  const seconds = Number.parseInt(value ?? '', 10);
  if (value === undefined || !(seconds > 0)) return undefined;
  const { refresher } = parseParameters(value.slice(value.indexOf(';') + 1));
  return {
    seconds: Math.min(Math.max(seconds, bounds.least), bounds.most),
    refresher: refresher === 'uac' || refresher === 'uas' ? refresher : undefined,
  };
}

/**
 * Keeps a session alive where the other side wants that (RFC 4028): we never ask for it ourselves. Whoever is the
 * refresher offers the session anew at half time; when that is the other side and it does not, the session has expired.
 */
export class SessionTimer {
  readonly #after: (ms: number, ring: () => void) => () => void;
  #ears: SessionTimerEars | undefined;
  #seconds = 0;
  #ours = false;
  #stop: (() => void) | undefined;
  #over = false;

  constructor(after: (ms: number, ring: () => void) => () => void) {
    this.#after = after;
  }

  /** s between refreshes; 0: none agreed. */
  get seconds(): number {
    return this.#seconds;
  }

  start(ears: SessionTimerEars): void {
    this.#ears = ears;
    this.#wind();
  }

  /** Header lines of our 2xx to an INVITE or UPDATE of theirs. */
  answer(request: SipRequest): string[] {
    const asked = intervalOf(request);
    const knows = hasTag(request, 'supported', 'timer') || hasTag(request, 'require', 'timer');
    this.#agree(asked?.seconds ?? 0, !knows || asked?.refresher === 'uas');
    if (!asked) return [];
    const refresher = this.#ours ? 'uas' : 'uac';
    return [`Session-Expires: ${asked.seconds};refresher=${refresher}`, ...(this.#ours ? [] : ['Require: timer'])];
  }

  /** Header lines of an offer of ours within the call. */
  lines(): string[] {
    return this.#seconds > 0 ? [`Session-Expires: ${this.#seconds};refresher=${this.#ours ? 'uac' : 'uas'}`] : [];
  }

  /** What their 2xx to an INVITE of ours says. */
  agreed(response: SipResponse | undefined): void {
    const told = response && intervalOf(response);
    this.#agree(told?.seconds ?? 0, told?.refresher !== 'uas');
  }

  stop(): void {
    this.#over = true;
    this.#stop?.();
  }

  #agree(seconds: number, ours: boolean): void {
    this.#seconds = seconds;
    this.#ours = ours;
    this.#wind();
  }

  /** RFC 4028 §10: refresh at half time; give up 32 s, or a third, before the end. */
  #wind(): void {
    this.#stop?.();
    this.#stop = undefined;
    const ears = this.#ears;
    if (this.#seconds === 0 || !ears || this.#over) return;
    const ms = this.#seconds * 1000;
    this.#stop = this.#ours
      ? this.#after(ms / 2, () => ears.refresh())
      : this.#after(ms - Math.min(32_000, ms / 3), () => ears.expired());
  }
}
