import type {
  IncomingResponseMessage,
  OutgoingInviteRequest,
  OutgoingInviteRequestDelegate,
  Session,
} from 'sip.js/lib/core/index.js';
import { parseNameAddress } from './address.ts';
import { originOf } from './bridge.ts';
import type { Parley } from './leg-event.ts';
import { hasTag, header, headerValues, type SipResponse } from './message.ts';
import { insisted } from './outcome.ts';
import type { UpdateDelegate } from './update.ts';

/** Hands an INVITE to SIP.js, with more header lines where the other side insisted on them; responses come to the delegate. */
export type SendInvite = (
  delegate: OutgoingInviteRequestDelegate,
  offer: string,
  more: { readonly lines: readonly string[]; readonly to?: string },
) => OutgoingInviteRequest;

export interface OutgoingEars {
  trying(message: SipResponse | undefined): void;
  progressed(message: SipResponse | undefined): void;
  accepted(message: SipResponse | undefined, session: Session, ack: () => unknown): void;
  refused(message: IncomingResponseMessage): void;
  /** Whether a redirect is followed; told when it is. */
  redirected(to: string, message: SipResponse): boolean;
}

/** Redirects that one call follows. */
const most = 5;

/** An INVITE of ours, until it is answered: what the other side insists on (421, 422, reliable 18x, UPDATE) is done here. */
export class Outgoing {
  readonly #send: SendInvite;
  readonly #parley: Parley;
  readonly #ears: OutgoingEars;
  #uac: OutgoingInviteRequest;
  #insisted = false;
  #redirects = 0;
  #cancelled = false;

  constructor(send: SendInvite, parley: Parley, ears: OutgoingEars) {
    this.#send = send;
    this.#parley = parley;
    this.#ears = ears;
    this.#uac = send(this.#responses(), parley.offer(), { lines: [] });
  }

  cancel(reason?: string): void {
    this.#cancelled = true;
    this.#uac.cancel(reason);
  }

  #responses(): OutgoingInviteRequestDelegate {
    const refused = ({ message }: { message: IncomingResponseMessage }) => {
      const again = this.#cancelled ? undefined : (this.#demanded(message) ?? this.#moved(message));
      if (!again) return this.#ears.refused(message);
      this.#uac = this.#send(this.#responses(), this.#parley.offer(), again);
    };
    return {
      onTrying: ({ message }) => this.#ears.trying(originOf(message)),
      onProgress: ({ message, session, prack }) => {
        const origin = originOf(message);
        if (origin && hasTag(origin, 'require', '100rel'))
          prack({ extraHeaders: [`RAck: ${header(origin, 'rseq')} ${origin.cseq} INVITE`] });
        const delegate: Session['delegate'] & UpdateDelegate = {
          onUpdate: (_, offer) => ({
            lines: [],
            ...(offer === undefined ? {} : { answer: this.#parley.answer(offer) }),
          }),
        };
        session.delegate = delegate;
        this.#ears.progressed(origin);
      },
      onAccept: ({ message, session, ack }) => this.#ears.accepted(originOf(message), session, ack),
      onReject: refused,
      onRedirect: refused,
    };
  }

  #demanded(message: IncomingResponseMessage): { readonly lines: readonly string[] } | undefined {
    const lines = this.#insisted ? [] : insisted(originOf(message));
    this.#insisted ||= lines.length > 0;
    return lines.length > 0 ? { lines } : undefined;
  }

  /** RFC 3261 §8.1.3.4; 305 and 380 say something else than where the number is now. */
  #moved(message: IncomingResponseMessage): { readonly lines: readonly string[]; readonly to: string } | undefined {
    const origin = originOf(message);
    if (!origin || origin.status < 300 || origin.status > 302 || this.#redirects >= most) return undefined;
    const to = bestContact(origin);
    if (to === undefined || !this.#ears.redirected(to, origin)) return undefined;
    this.#redirects += 1;
    return { lines: [], to };
  }
}

/** The Contact of the highest q. */
function bestContact(message: SipResponse): string | undefined {
  const contacts = headerValues(message, 'contact').flatMap((value) => parseNameAddress(value) ?? []);
  const weight = (q: string | null | undefined) => Number(q ?? 1) || 0;
  return contacts.sort((a, b) => weight(b.parameters.q) - weight(a.parameters.q))[0]?.uri.text;
}
