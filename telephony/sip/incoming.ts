import type { IncomingInviteRequest, IncomingRequestMessage, Session } from 'sip.js/lib/core/index.js';
import { originOf } from './bridge.ts';
import { described } from './dialog.ts';
import { hasTag, header, type SipRequest } from './message.ts';
import { T1 } from './reliability.ts';

/** An INVITE that came in, until it is answered: 18x, reliable where the caller insists on it (RFC 3262), and the end of it. */
export class Incoming {
  readonly #uas: IncomingInviteRequest;
  readonly #after: (ms: number, ring: () => void) => () => void;
  readonly #takenBack: (message: SipRequest) => void;
  readonly #reliable: boolean;
  #sequence = 0;
  #stop: (() => void) | undefined;

  /** `takenBack` is told of CANCEL, and of a BYE before the answer (RFC 3261 §15). */
  constructor(
    uas: IncomingInviteRequest,
    after: (ms: number, ring: () => void) => () => void,
    takenBack: (message: SipRequest) => void,
  ) {
    this.#uas = uas;
    this.#after = after;
    this.#takenBack = takenBack;
    this.#reliable = hasTag(originOf(uas.message), 'require', '100rel');
    uas.delegate = {
      onCancel: (cancel: IncomingRequestMessage) => this.#over(cancel),
      onTransportError: () => {},
    };
  }

  /** 18x, with a description where sound is to come early; a reliable one is repeated until acknowledged, at most 64·T1. */
  ring(statusCode: number, sdp?: string): void {
    this.#quiet();
    const body = sdp === undefined ? {} : { body: described(sdp) };
    if (this.#reliable) this.#sequence += 1;
    const lines = () => (this.#reliable ? ['Require: 100rel', `RSeq: ${this.#sequence}`] : []);
    const send = () => this.#uas.progress({ statusCode, ...body, extraHeaders: lines() }).session;
    const again = (ms: number) => {
      this.#stop = this.#after(ms, () => {
        if (ms >= 64 * T1) return;
        send();
        again(ms * 2);
      });
    };
    if (this.#reliable) again(T1);
    send().delegate = {
      onPrack: (prack) => void (this.#acknowledged(prack.message) ? prack.accept() : prack.reject({ statusCode: 481 })),
      onBye: (bye) => {
        bye.accept();
        this.#over(bye.message);
      },
    };
  }

  accept(sdp: string, extraHeaders: string[]): Session {
    this.#quiet();
    return this.#uas.accept({ statusCode: 200, body: described(sdp), extraHeaders }).session;
  }

  reject(statusCode: number, headers: readonly string[] = []): void {
    this.#quiet();
    const options = { statusCode, extraHeaders: [...headers] };
    if (statusCode < 400) this.#uas.redirect([], options);
    else this.#uas.reject(options);
  }

  #over(message: IncomingRequestMessage): void {
    this.reject(487);
    this.#takenBack(originOf(message));
  }

  #acknowledged(prack: IncomingRequestMessage): boolean {
    const rack = /^(\d+)\s+\d+\s+INVITE$/i.exec(header(originOf(prack), 'rack') ?? '');
    if (Number(rack?.[1]) !== this.#sequence) return false;
    this.#quiet();
    return true;
  }

  #quiet(): void {
    this.#stop?.();
    this.#stop = undefined;
  }
}
