import type {
  IncomingInviteRequest,
  IncomingResponseMessage,
  OutgoingInviteRequest,
  OutgoingInviteRequestDelegate,
  Session,
} from 'sip.js/lib/core/index.js';
import type { NameAddress } from './address.ts';
import { originOf } from './bridge.ts';
import { type DialogSurroundings, described, SipDialog, sdpOf } from './dialog.ts';
import type { LegEvent, LegListener, Parley } from './leg-event.ts';
import { header, type SipRequest, type SipResponse } from './message.ts';
import { type Refusal, reasonsOf } from './outcome.ts';

/** What a leg needs of its agent. */
export interface LegSurroundings extends Omit<DialogSurroundings, 'parley' | 'owner' | 'tell'> {
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
  readonly #around: LegSurroundings;
  readonly #parley: Parley;
  readonly #listeners = new Set<LegListener>();
  #state: LegState;
  #uac: OutgoingInviteRequest | undefined;
  #uas: IncomingInviteRequest | undefined;
  #dialog: SipDialog | undefined;
  readonly #ended = Promise.withResolvers<void>();
  #cancelled = false;
  #heardOf = false;
  #answer: string | undefined;

  private constructor(
    from: Pick<SipLeg, 'callId' | 'direction' | 'remote'> & { readonly invite?: SipRequest },
    parley: Parley,
    around: LegSurroundings,
  ) {
    this.callId = from.callId;
    this.direction = from.direction;
    this.remote = from.remote;
    if (from.invite) this.invite = from.invite;
    this.#parley = parley;
    this.#around = around;
    this.#state = from.direction === 'in' ? 'offered' : 'calling';
  }

  /** `send` hands the INVITE to SIP.js; responses come to the delegate that it is given. */
  static dial(
    to: { readonly callId: string; readonly remote: NameAddress; readonly parley: Parley },
    around: LegSurroundings,
    send: (delegate: OutgoingInviteRequestDelegate, offer: string) => OutgoingInviteRequest,
  ): SipLeg {
    const leg = new SipLeg({ ...to, direction: 'out' }, to.parley, around);
    leg.#uac = send(leg.#responses(), to.parley.offer());
    return leg;
  }

  static offered(uas: IncomingInviteRequest, parley: Parley, around: LegSurroundings): SipLeg {
    const invite = originOf(uas.message);
    const leg = new SipLeg({ callId: invite.callId, direction: 'in', remote: invite.from, invite }, parley, around);
    leg.#uas = uas;
    uas.delegate = {
      onCancel: (message) => {
        uas.reject({ statusCode: 487 });
        const cancel = originOf(message);
        leg.#over({ type: 'ended', at: around.now(), by: 'them', reasons: reasonsOf(cancel), message: cancel });
      },
      onTransportError: () => {},
    };
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
    if (!early || this.#answer !== undefined) {
      this.#uas?.progress({ statusCode: early ? 183 : 180 });
      return;
    }
    this.#answer = this.#parley.answer(sdpOfInvite(this.invite) ?? '');
    this.#uas?.progress({ statusCode: 183, body: described(this.#answer) });
  }

  /** Throws what the parley throws when the offer cannot be taken; the caller then gets 488. */
  answer(headers: readonly string[] = []): void {
    if (!this.#waiting() || !this.#uas) return;
    const offer = sdpOfInvite(this.invite);
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
    const { session } = this.#uas.accept({ statusCode: 200, body: described(content), extraHeaders: [...headers] });
    this.#confirm(session);
    this.#dialog?.awaitAck();
    if (offer === undefined && this.#dialog) this.#dialog.awaitsAnswer = true;
    this.#tell({ type: 'answered', at: this.#around.now() });
  }

  reject(status: number, headers: readonly string[] = []): void {
    if (!this.#waiting() || !this.#uas) return;
    this.#uas.reject({ statusCode: status, extraHeaders: [...headers] });
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
    this.#uac?.cancel(reason);
    this.#tell({ type: 'refused', at: this.#around.now(), refusal: { kind: 'cancelled' } });
    const stop = this.#around.after(this.#heardOf ? 32_000 : 5000, () => this.#end());
    await this.#ended.promise;
    stop();
  }

  /** Offers the session anew with what the parley wants now. Throws Refused. */
  reInvite(): Promise<void> {
    return this.#answered().reInvite();
  }

  /** Blind transfer; see SipDialog.refer. */
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

  #responses(): OutgoingInviteRequestDelegate {
    const { now } = this.#around;
    const refused = ({ message }: { message: IncomingResponseMessage }) => {
      const refusal: Refusal = this.#cancelled ? { kind: 'cancelled' } : this.#around.refusalOf(message);
      if (!this.#cancelled) this.#tell({ type: 'refused', at: now(), refusal });
      this.#end();
    };
    return {
      onTrying: () => {
        this.#heardOf = true;
        this.#tell({ type: 'trying', at: now() });
      },
      onProgress: ({ message }) => this.#progressed(originOf(message)),
      onAccept: ({ message, session, ack }) => this.#accepted(originOf(message), session, ack),
      onReject: refused,
      onRedirect: refused,
    };
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
    } catch {
      early = false;
    }
    this.#tell({ type: early ? 'early' : 'ringing', at: this.#around.now(), status, message });
  }

  /** Of a forked call the first answer is taken, every other one is acknowledged and hung up. */
  #accepted(message: SipResponse | undefined, session: Session, ack: () => unknown): void {
    ack();
    if (this.#cancelled || this.#dialog || this.#state === 'over') {
      session.bye();
      if (!this.#dialog) this.#end();
      return;
    }
    this.#confirm(session);
    const sdp = sdpOf(message);
    try {
      if (sdp !== undefined) this.#parley.accept(sdp);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const refusal: Refusal = { kind: 'unusable answer', why };
      this.#tell({ type: 'refused', at: this.#around.now(), refusal });
      void this.#dialog!.bye(['Reason: SIP;cause=488;text="Not Acceptable Here"']);
      return;
    }
    this.#tell({ type: 'answered', at: this.#around.now(), ...(message ? { message } : {}) });
  }

  #confirm(session: Session): void {
    this.#state = 'answered';
    this.#dialog = new SipDialog(session, {
      ...this.#around,
      parley: this.#parley,
      owner: this.direction === 'out',
      tell: (event) => (event.type === 'ended' ? this.#over(event) : this.#tell(event)),
    });
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

const sdpOfInvite = (invite: SipRequest | undefined): string | undefined =>
  invite && invite.body !== '' && /^application\/sdp\b/i.test(header(invite, 'content-type') ?? '')
    ? invite.body
    : undefined;
