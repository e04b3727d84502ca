import type { IncomingInviteRequest, IncomingResponseMessage, Session } from 'sip.js/lib/core/index.js';
import type { NameAddress } from './address.ts';
import { originOf } from './bridge.ts';
import { type DialogSurroundings, SipDialog } from './dialog.ts';
import { Incoming } from './incoming.ts';
import type { LegEvent, LegListener, Parley } from './leg-event.ts';
import { header, type SipRequest, type SipResponse, sdpOf } from './message.ts';
import { type Refusal, reasonsOf } from './outcome.ts';
import { Outgoing, type SendInvite } from './outgoing.ts';
import type { Replaces } from './replaces.ts';
import { SessionTimer } from './session-timer.ts';

/** What a leg needs of its agent. */
export interface LegSurroundings extends Omit<DialogSurroundings, 'parley' | 'owner' | 'tell' | 'timer'> {
  /** The leg will say nothing more. */
  closed(callId: string): void;
}

export type LegState = 'calling' | 'offered' | 'ringing' | 'answered' | 'over';

/**
 * One call leg as SIP sees it; sound is the parley's business.
 *
 *   out: calling ─18x─► ringing ─200─► answered ─BYE─► over      3xx-6xx, CANCEL, no way: over (`refused`)
 *   in:  offered ─ring─► ringing ─answer─► answered ─BYE─► over  reject: over; CANCEL by them: over (`ended`)
 */
export class SipLeg {
  readonly callId: string;
  readonly direction: 'in' | 'out';
  /** Who is at the other end: To of our call, From of theirs. */
  readonly remote: NameAddress;
  /** Of an incoming call. */
  readonly invite?: SipRequest;
  /** The call that an incoming one takes the place of when it is answered (RFC 3891). */
  readonly replaces?: SipLeg;
  readonly #around: LegSurroundings;
  readonly #parley: Parley;
  readonly #listeners = new Set<LegListener>();
  #state: LegState;
  readonly #timer: SessionTimer;
  #outgoing: Outgoing | undefined;
  #incoming: Incoming | undefined;
  #dialog: SipDialog | undefined;
  readonly #ended = Promise.withResolvers<void>();
  #cancelled = false;
  #heardOf = false;
  /** A 18x has said how they sound. */
  #described = false;
  #answer: string | undefined;

  private constructor(
    from: Pick<SipLeg, 'callId' | 'direction' | 'remote' | 'invite' | 'replaces'>,
    parley: Parley,
    around: LegSurroundings,
  ) {
    this.callId = from.callId;
    this.direction = from.direction;
    this.remote = from.remote;
    if (from.invite) this.invite = from.invite;
    if (from.replaces) this.replaces = from.replaces;
    this.#timer = new SessionTimer(around.after);
    this.#parley = parley;
    this.#around = around;
    this.#state = from.direction === 'in' ? 'offered' : 'calling';
  }

  static dial(
    to: Pick<SipLeg, 'callId' | 'remote'> & { readonly parley: Parley; readonly follow?: (to: string) => boolean },
    around: LegSurroundings,
    send: SendInvite,
  ): SipLeg {
    const leg = new SipLeg({ ...to, direction: 'out' }, to.parley, around);
    leg.#outgoing = new Outgoing(send, to.parley, {
      trying: (message) => {
        leg.#heardOf = true;
        leg.#tell({ type: 'trying', at: message?.at ?? around.now() });
      },
      progressed: (message) => leg.#progressed(message),
      accepted: (message, session, ack) => leg.#accepted(message, session, ack),
      refused: (message) => leg.#refused(message),
      redirected: (where, { at = around.now(), status }) => {
        if (to.follow?.(where) !== true) return false;
        leg.#tell({ type: 'redirected', at, status, to: where });
        return true;
      },
    });
    return leg;
  }

  static offered(
    { uas, parley, replaces }: { uas: IncomingInviteRequest; parley: Parley; replaces?: SipLeg | undefined },
    around: LegSurroundings,
  ): SipLeg {
    const invite = originOf(uas.message);
    const from = { callId: invite.callId, direction: 'in', remote: invite.from, invite } as const;
    const leg = new SipLeg(replaces ? { ...from, replaces } : from, parley, around);
    leg.#incoming = new Incoming(uas, around.after, (message) => leg.#takenBack(message));
    return leg;
  }

  get state(): LegState {
    return this.#state;
  }

  on(listener: LegListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** 180; with `early` 183 and sound before the answer. */
  ring(early = false): void {
    if (!this.#waiting()) return;
    this.#state = 'ringing';
    const first = early && this.#answer === undefined;
    if (first) this.#answer = this.#parley.answer(sdpOf(this.invite) ?? '');
    this.#incoming?.ring(early ? 183 : 180, first ? this.#answer : undefined);
  }

  /** Throws what the parley throws when the offer cannot be taken; the caller then gets 488. */
  answer(headers: readonly string[] = []): void {
    if (!this.#waiting() || !this.#incoming) return;
    const offer = sdpOf(this.invite);
    if (offer === undefined && this.invite?.body) {
      this.reject(415, ['Accept: application/sdp']);
      throw new Error(`the call offers ${header(this.invite, 'content-type') ?? 'something without a type'}, not SDP`);
    }
    let content: string;
    try {
      content = this.#answer ?? (offer === undefined ? this.#parley.offer() : this.#parley.answer(offer));
    } catch (error) {
      this.reject(488);
      throw error;
    }
    const lines = this.invite ? this.#timer.answer(this.invite) : [];
    this.#confirm(this.#incoming.accept(content, [...headers, ...lines]));
    this.#dialog?.awaitAck();
    if (offer === undefined && this.#dialog) this.#dialog.awaitsAnswer = true;
    this.#tell({ type: 'answered', at: this.#around.now() });
    this.replaces?.hangUp('SIP;cause=200;text="Call completed elsewhere"').catch(() => undefined);
  }

  reject(status: number, headers: readonly string[] = []): void {
    if (!this.#waiting()) return;
    this.#incoming?.reject(status, headers);
    this.#over({ type: 'ended', at: this.#around.now(), by: 'us', reasons: [] });
  }

  /**
   * CANCEL, BYE or a refusal, as the state wants it. Resolves when the other side has said so too, or would not in 32 s;
   * a peer that has not said a word to our INVITE gets 5 s, for a CANCEL may not overtake it (RFC 3261 §9.1).
   */
  async hangUp(reason?: string): Promise<void> {
    const headers = reason === undefined ? [] : [`Reason: ${reason}`];
    if (this.#dialog) return this.#dialog.bye(headers);
    if (this.direction === 'in') return this.reject(480, headers);
    if (this.#state === 'over' || this.#cancelled) return;
    this.#cancelled = true;
    this.#outgoing?.cancel(reason);
    this.#tell({ type: 'refused', at: this.#around.now(), refusal: { kind: 'cancelled' } });
    const stop = this.#around.after(this.#heardOf ? 32_000 : 5000, () => this.#end());
    await this.#ended.promise;
    stop();
  }

  /** Offers the session anew with what the parley wants now. Throws Refused. */
  reInvite(): Promise<void> {
    return this.#answered().reInvite();
  }

  /** What names this call in the Replaces of another, and where it stands. Throws Error when it is not answered. */
  get standing(): { readonly target: string; readonly replaces: Omit<Replaces, 'earlyOnly'> } {
    const { target, replaced } = this.#answered();
    return { target, replaces: replaced };
  }

  /** Whether a Replaces means this call. */
  isReplacedBy({ callId, toTag, fromTag }: Replaces): boolean {
    const own = this.#dialog && !this.#dialog.over ? this.#dialog.replaced : undefined;
    return own?.callId === callId && own.toTag === fromTag && own.fromTag === toTag;
  }

  /** Asks for a transfer; see Transfers.refer. */
  refer(to: string, headers: readonly string[] = []): Promise<void> {
    return this.#answered().refer(to, headers);
  }

  /** Tells whoever asked for a transfer how it goes. */
  notify(status: number, phrase: string): void {
    this.#dialog?.notify(status, phrase);
  }

  info(contentType: string, content: string): Promise<void> {
    return this.#answered().info(contentType, content);
  }

  #answered(): SipDialog {
    if (!this.#dialog || this.#dialog.over) throw new Error(`the call is ${this.#state}, not answered`);
    return this.#dialog;
  }

  #waiting(): boolean {
    return this.direction === 'in' && (this.#state === 'offered' || this.#state === 'ringing');
  }

  #refused(message: IncomingResponseMessage): void {
    const refusal: Refusal = this.#cancelled ? { kind: 'cancelled' } : this.#around.refusalOf(message);
    const at = originOf(message)?.at ?? this.#around.now();
    if (!this.#cancelled) this.#tell({ type: 'refused', at, refusal });
    this.#end();
  }

  #progressed(message: SipResponse | undefined): void {
    if (!message || this.#cancelled || this.#state === 'answered') return;
    const sdp = sdpOf(message);
    const { status } = message;
    this.#heardOf = true;
    this.#state = 'ringing';
    let early = sdp !== undefined;
    try {
      if (sdp !== undefined) this.#parley.accept(sdp);
      this.#described ||= early;
    } catch {
      early = false;
    }
    const { at = this.#around.now() } = message;
    this.#tell({ type: early ? 'early' : 'ringing', at, status, message });
  }

  /** Of a forked call the first answer is taken, every other one is acknowledged and hung up. */
  #accepted(message: SipResponse | undefined, session: Session, ack: () => unknown): void {
    ack();
    if (this.#cancelled || this.#dialog || this.#state === 'over') {
      session.bye();
      if (!this.#dialog) this.#end();
      return;
    }
    this.#timer.agreed(message);
    this.#confirm(session);
    const sdp = sdpOf(message);
    try {
      if (sdp !== undefined) this.#parley.accept(sdp);
      else if (!this.#described) throw new Error('the answer does not describe its sound (no SDP)');
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const refusal: Refusal = { kind: 'unusable answer', why };
      this.#tell({ type: 'refused', at: this.#around.now(), refusal });
      void this.#dialog!.bye(['Reason: SIP;cause=488;text="Not Acceptable Here"']);
      return;
    }
    const at = message?.at ?? this.#around.now();
    this.#tell({ type: 'answered', at, ...(message ? { message } : {}) });
  }

  #confirm(session: Session): void {
    this.#state = 'answered';
    this.#dialog = new SipDialog(session, {
      ...this.#around,
      parley: this.#parley,
      owner: this.direction === 'out',
      timer: this.#timer,
      tell: (event) => (event.type === 'ended' ? this.#over(event) : this.#tell(event)),
    });
  }

  /** By CANCEL, or BYE before the answer (RFC 3261 §15). */
  #takenBack(message: SipRequest): void {
    if (!this.#waiting()) return;
    const { at = this.#around.now() } = message;
    this.#over({ type: 'ended', at, by: 'them', reasons: reasonsOf(message), message });
  }

  #over(event: LegEvent): void {
    const before = this.#state;
    this.#state = 'over';
    if (before !== 'over') this.#tell(event);
    this.#end();
  }

  #end(): void {
    this.#state = 'over';
    this.#ended.resolve();
    this.#around.closed(this.callId);
  }

  #tell(event: LegEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
