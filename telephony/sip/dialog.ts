import {
  type IncomingRequestMessage,
  type IncomingResponseMessage,
  type Session,
  SessionState,
} from 'sip.js/lib/core/index.js';
import { originOf } from './bridge.ts';
import type { LegListener, Parley } from './leg-event.ts';
import { header } from './message.ts';
import { type Refusal, Refused, reasonsOf } from './outcome.ts';
import type { SessionTimer } from './session-timer.ts';
import { Transfers } from './transfers.ts';
import type { UpdateDelegate, Updated } from './update.ts';

/** What a dialog stands in. */
export interface DialogSurroundings {
  readonly now: () => number;
  readonly random: () => number;
  /** `Contact: ...`, written by the endpoint. */
  readonly contact: string;
  readonly parley: Parley;
  /** We chose the Call-ID. */
  readonly owner: boolean;
  readonly tell: LegListener;
  readonly timer: SessionTimer;
  /** Rings once, ms from now; returns how to stop it. */
  after(ms: number, ring: () => void): () => void;
  refusalOf(message: IncomingResponseMessage): Refusal;
}

const sdpType = 'application/sdp';
/** SDP as SIP.js wants a body. */
export const described = (content: string) => ({ contentDisposition: 'session', contentType: sdpType, content });

/** An answered call: requests inside its dialog, in both directions. */
export class SipDialog {
  readonly #session: Session;
  readonly #around: DialogSurroundings;
  #over = false;
  readonly #transfers: Transfers;
  /** Settled when the peer's ACK to our latest 200 has come. */
  #acked: PromiseWithResolvers<void> | undefined;
  /** Sends the BYE that may not leave before the peer's ACK (RFC 3261 §15). */
  #byeLater: (() => void) | undefined;
  #bye: PromiseWithResolvers<void> | undefined;
  /** Answer to our offer in a 2xx is awaited in the peer's ACK. */
  awaitsAnswer = false;

  constructor(session: Session, around: DialogSurroundings) {
    this.#session = session;
    this.#around = around;
    this.#transfers = new Transfers(session, around);
    const delegate: Session['delegate'] & UpdateDelegate = {
      onAck: ({ message }) => this.#acknowledged(message),
      onAckTimeout: () => {
        if (this.#byeLater) this.#byeLater();
        else if (!this.#over) this.#end('us', () => this.#session.bye());
      },
      onBye: (request) => {
        request.accept();
        this.#bye?.resolve();
        this.#end('them', undefined, originOf(request.message));
      },
      onInvite: (request) => this.#reInvited(request),
      onInfo: (request) => {
        request.accept();
        const message = originOf(request.message);
        const contentType = header(message, 'content-type') ?? '';
        around.tell({ type: 'info', at: message.at ?? around.now(), contentType, body: message.body });
      },
      onRefer: (request) => this.#transfers.referred(request),
      onNotify: (request) => {
        request.accept();
        this.#transfers.notified(request.message);
      },
      onUpdate: (message, offer) => this.#updated(message, offer),
    };
    session.delegate = delegate;
    around.timer.start({
      refresh: () => this.reInvite().catch(() => undefined),
      expired: () => void this.bye(['Reason: SIP;cause=408;text="Session expired"']),
    });
  }

  get over(): boolean {
    return this.#over;
  }

  /** Call-ID and tags, as the other side has to name them in Replaces. */
  get replaced(): { readonly callId: string; readonly toTag: string; readonly fromTag: string } {
    const { callId, remoteTag, localTag } = this.#session;
    return { callId, toTag: remoteTag, fromTag: localTag };
  }

  /** Where requests of ours go: their Contact. */
  get target(): string {
    return this.#session.remoteTarget.toString();
  }

  /** Hangs up; resolves when the other side said so too, or would not in 32 s, however often it is asked. */
  async bye(headers: readonly string[] = []): Promise<void> {
    if (this.#over) return this.#bye?.promise;
    const done = Promise.withResolvers<void>();
    const settled = () => done.resolve();
    this.#bye = done;
    const send = () => {
      this.#byeLater = undefined;
      this.#session.bye({ onAccept: settled, onReject: settled, onRedirect: settled }, { extraHeaders: [...headers] });
    };
    this.#end('us', () => {
      if (this.#session.sessionState === SessionState.AckWait) this.#byeLater = send;
      else send();
    });
    await done.promise;
  }

  /** Offers the session anew, one offer at a time. Throws Refused; a glare (491) is tried once more (RFC 3261 §14.1). */
  async reInvite(): Promise<void> {
    const status = await this.#reInvite();
    if (status !== 491) return;
    const { after, random, owner } = this.#around;
    const pause = Promise.withResolvers<void>();
    after(owner ? 2100 + random() * 1900 : random() * 2000, () => pause.resolve());
    await pause.promise;
    if ((await this.#reInvite()) === 491) throw new Error('the other side offers at the same time, twice');
  }

  async #reInvite(): Promise<number> {
    await this.#acked?.promise;
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const { parley, contact, timer, refusalOf } = this.#around;
    const refused = ({ message }: { message: IncomingResponseMessage }) => {
      if (message.statusCode === 491) return resolve(491);
      const refusal = refusalOf(message);
      reject(new Refused('the change of the call was refused', refusal));
      if (message.statusCode === 408 || message.statusCode === 481) this.#end('us', () => this.#session.bye());
    };
    if (this.#over) throw new Error('the call is over');
    this.#session.invite(
      {
        onAccept: ({ message, ack }) => {
          ack();
          timer.agreed(originOf(message));
          try {
            parley.accept(message.body);
            resolve(200);
          } catch (error) {
            reject(error);
          }
        },
        onReject: refused,
        onRedirect: refused,
      },
      { extraHeaders: [contact, ...timer.lines()], body: described(parley.offer()) },
    );
    return promise;
  }

  /** Asks the other side to call `to`; see Transfers.refer. */
  refer(to: string, headers: readonly string[] = []): Promise<void> {
    return this.#transfers.refer(to, headers);
  }

  /** Tells who asked for a transfer how it goes. */
  notify(status: number, phrase: string): void {
    if (!this.#over) this.#transfers.notify(status, phrase);
  }

  info(contentType: string, content: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const refused = ({ message }: { message: IncomingResponseMessage }) =>
      reject(new Refused('INFO was refused', this.#around.refusalOf(message)));
    this.#session.info(
      { onAccept: () => resolve(), onReject: refused, onRedirect: refused },
      { body: { contentDisposition: 'render', contentType, content } },
    );
    return promise;
  }

  #end(by: 'us' | 'them', act?: () => void, message?: Parameters<typeof reasonsOf>[0]): void {
    if (this.#over) return;
    this.#over = true;
    this.#around.timer.stop();
    this.#acked?.resolve();
    act?.();
    const { tell, now } = this.#around;
    tell({
      type: 'ended',
      at: message?.at ?? now(),
      by,
      reasons: message ? reasonsOf(message) : [],
      ...(message?.kind === 'request' ? { message } : {}),
    });
  }

  #acknowledged(message: IncomingRequestMessage): void {
    this.#acked?.resolve();
    this.#acked = undefined;
    this.#byeLater?.();
    if (!this.awaitsAnswer) return;
    this.awaitsAnswer = false;
    try {
      this.#around.parley.accept(message.body);
    } catch {
      void this.bye();
    }
  }

  /** Our 200 is out: without an ACK in 64·T1 the call is hung up (RFC 3261 §14.2). */
  awaitAck(): void {
    const acked = Promise.withResolvers<void>();
    this.#acked = acked;
    const stop = this.#around.after(32_000, () => {
      acked.resolve();
      if (this.#acked === acked) void this.bye();
    });
    acked.promise.then(stop, stop);
  }

  #reInvited(request: Parameters<NonNullable<NonNullable<Session['delegate']>['onInvite']>>[0]): void {
    const { parley, contact, timer, tell, now } = this.#around;
    const { body } = request.message;
    try {
      this.awaitsAnswer = body === '';
      const content = body === '' ? parley.offer() : parley.answer(body);
      const origin = originOf(request.message);
      const lines = timer.answer(origin);
      request.accept({ statusCode: 200, extraHeaders: [contact, ...lines], body: described(content) });
      this.awaitAck();
      tell({ type: 'changed', at: origin.at ?? now(), offer: body });
    } catch {
      this.awaitsAnswer = false;
      request.reject({ statusCode: 488 });
    }
  }

  #updated(message: IncomingRequestMessage, offer: string | undefined): Updated {
    const { parley, contact, timer, tell, now } = this.#around;
    const answer = offer === undefined ? undefined : parley.answer(offer);
    const origin = originOf(message);
    const lines = [contact, ...timer.answer(origin)];
    if (offer === undefined || answer === undefined) return { lines };
    tell({ type: 'changed', at: origin.at ?? now(), offer });
    return { lines, answer };
  }
}
