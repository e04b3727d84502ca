import {
  type IncomingRequestMessage,
  type IncomingResponseMessage,
  type Session,
  SessionState,
} from 'sip.js/lib/core/index.js';
import { parseNameAddress } from './address.ts';
import { originOf } from './bridge.ts';
import type { LegListener, Parley } from './leg-event.ts';
import { header, type SipResponse } from './message.ts';
import { type Refusal, Refused, reasonsOf } from './outcome.ts';

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
  #transferring = false;
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
    session.delegate = {
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
        around.tell({ type: 'info', at: around.now(), contentType, body: message.body });
      },
      onRefer: (request) => {
        const message = originOf(request.message);
        const to = parseNameAddress(header(message, 'refer-to') ?? '');
        if (!to) return void request.reject({ statusCode: 400 });
        request.accept({ statusCode: 202 });
        around.tell({ type: 'referred', at: around.now(), to: to.uri.text, message });
      },
      onNotify: (request) => {
        request.accept();
        this.#notified(request.message);
      },
    };
  }

  get over(): boolean {
    return this.#over;
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
    const { parley, contact, refusalOf } = this.#around;
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
      { extraHeaders: [contact], body: described(parley.offer()) },
    );
    return promise;
  }

  /** Asks the other side to call `to` (RFC 3515). Resolves when it says it will; how it went comes as `transfer` events. */
  refer(to: string, headers: readonly string[] = []): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const { contact, refusalOf } = this.#around;
    const refused = ({ message }: { message: IncomingResponseMessage }) => {
      this.#transferring = false;
      reject(new Refused('the transfer was refused', refusalOf(message)));
    };
    this.#transferring = true;
    this.#session.refer(
      { onAccept: () => resolve(), onReject: refused, onRedirect: refused },
      { extraHeaders: [`Refer-To: <${to}>`, contact, ...headers] },
    );
    return promise;
  }

  /** Tells who asked for a transfer how it goes (RFC 3515 §2.4.4). */
  notify(status: number, phrase: string): void {
    if (this.#over) return;
    const state = status < 200 ? 'active;expires=60' : 'terminated;reason=noresource';
    this.#session.notify(
      {},
      {
        extraHeaders: ['Event: refer', `Subscription-State: ${state}`, this.#around.contact],
        body: {
          contentDisposition: 'render',
          contentType: 'message/sipfrag;version=2.0',
          content: `SIP/2.0 ${status} ${phrase}\r\n`,
        },
      },
    );
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
    this.#acked?.resolve();
    act?.();
    const { tell, now } = this.#around;
    tell({
      type: 'ended',
      at: now(),
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
    const { parley, contact, tell, now } = this.#around;
    const { body } = request.message;
    try {
      this.awaitsAnswer = body === '';
      const content = body === '' ? parley.offer() : parley.answer(body);
      request.accept({ statusCode: 200, extraHeaders: [contact], body: described(content) });
      this.awaitAck();
      tell({ type: 'changed', at: now(), offer: body });
    } catch {
      this.awaitsAnswer = false;
      request.reject({ statusCode: 488 });
    }
  }

  #notified(message: IncomingRequestMessage): void {
    const { tell, now } = this.#around;
    const line = /^SIP\/2\.0 (\d{3}) ?([^\r\n]*)/.exec(message.body.trimStart());
    if (!this.#transferring || !line) return;
    const status = Number(line[1]);
    if (status >= 200) this.#transferring = false;
    tell({ type: 'transfer', at: now(), status, phrase: line[2] ?? '' });
  }
}

/** The body of a response to INVITE, when it is SDP. */
export const sdpOf = (message: SipResponse | undefined): string | undefined =>
  message && message.body !== '' && /^application\/sdp\b/i.test(header(message, 'content-type') ?? '')
    ? message.body
    : undefined;
