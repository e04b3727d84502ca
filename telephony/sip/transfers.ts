import type { IncomingRequestMessage, IncomingResponseMessage, Session } from 'sip.js/lib/core/index.js';
import { originOf } from './bridge.ts';
import type { LegListener } from './leg-event.ts';
import { header } from './message.ts';
import { type Refusal, Refused } from './outcome.ts';
import { readReferTo } from './replaces.ts';

type ReferRequest = Parameters<NonNullable<NonNullable<Session['delegate']>['onRefer']>>[0];

/** What they stand in. */
interface TransferSurroundings {
  readonly contact: string;
  readonly now: () => number;
  readonly tell: LegListener;
  refusalOf(message: IncomingResponseMessage): Refusal;
}

/** REFER within a call, asked by us or of us, and how it goes (RFC 3515, RFC 5589). */
export class Transfers {
  readonly #session: Session;
  readonly #around: TransferSurroundings;
  #asked = false;

  constructor(session: Session, around: TransferSurroundings) {
    this.#session = session;
    this.#around = around;
  }

  /** Resolves when the other side says that it will; how it went comes as `transfer` events. Throws Refused. */
  refer(to: string, headers: readonly string[] = []): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const { contact, refusalOf } = this.#around;
    const refused = ({ message }: { message: IncomingResponseMessage }) => {
      this.#asked = false;
      reject(new Refused('the transfer was refused', refusalOf(message)));
    };
    this.#asked = true;
    this.#session.refer(
      { onAccept: () => resolve(), onReject: refused, onRedirect: refused },
      { extraHeaders: [`Refer-To: <${to}>`, contact, ...headers] },
    );
    return promise;
  }

  /** Tells who asked for a transfer how it goes (RFC 3515 §2.4.4). */
  notify(status: number, phrase: string): void {
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

  /** We are asked to call somebody else. */
  referred(request: ReferRequest): void {
    const { tell, now } = this.#around;
    const message = originOf(request.message);
    const referral = readReferTo(header(message, 'refer-to') ?? '');
    if (!referral) return void request.reject({ statusCode: 400 });
    request.accept({ statusCode: 202 });
    tell({ type: 'referred', at: message.at ?? now(), ...referral, message });
  }

  notified(message: IncomingRequestMessage): void {
    const { tell, now } = this.#around;
    const line = /^SIP\/2\.0 (\d{3}) ?([^\r\n]*)/.exec(message.body.trimStart());
    if (!this.#asked || !line) return;
    const status = Number(line[1]);
    if (status >= 200) this.#asked = false;
    tell({ type: 'transfer', at: originOf(message).at ?? now(), status, phrase: line[2] ?? '' });
  }
}
