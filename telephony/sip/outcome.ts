import { parseNameAddress, parseParameters, type Uri } from './address.ts';
import type { FlowError } from './flow.ts';
import { hasTag, header, headerValues, type SipMessage, type SipResponse } from './message.ts';

/** A Reason header (RFC 3326): `Q.850;cause=17;text="User busy"`. */
export interface Reason {
  readonly protocol: string;
  readonly cause?: number;
  readonly text?: string;
}

/** Why a request of ours came to nothing. */
export type Refusal =
  | {
      readonly kind: 'rejected';
      readonly status: number;
      readonly phrase: string;
      readonly reasons: readonly Reason[];
      /** Of a 3xx: where else to try. */
      readonly contacts: readonly Uri[];
      readonly message: SipResponse;
    }
  /** 401 or 407 that we could not answer, or whose answer was not taken. */
  | { readonly kind: 'auth'; readonly status: number; readonly known: boolean }
  | { readonly kind: 'unreachable'; readonly at: FlowError['at']; readonly why: string }
  /** Nothing came back in 32 s (RFC 3261, Timers B and F). */
  | { readonly kind: 'no response' }
  /** Answered, with a description that cannot be used. */
  | { readonly kind: 'unusable answer'; readonly why: string }
  /** We took the call back before it was answered. */
  | { readonly kind: 'cancelled' };

export function reasonsOf(message: SipMessage): Reason[] {
  return headerValues(message, 'reason').flatMap((value) => {
    const protocol = value.split(';', 1)[0]!.trim();
    if (protocol === '') return [];
    const { cause, text } = parseParameters(value.slice(value.indexOf(protocol) + protocol.length + 1));
    return [
      {
        protocol,
        ...(cause && /^\d{1,4}$/.test(cause) ? { cause: Number(cause) } : {}),
        ...(text ? { text } : {}),
      },
    ];
  });
}

export function rejection(message: SipResponse): Refusal {
  const contacts = headerValues(message, 'contact').flatMap((value) => parseNameAddress(value)?.uri ?? []);
  return {
    kind: 'rejected',
    status: message.status,
    phrase: message.reason,
    reasons: reasonsOf(message),
    contacts: message.status < 400 ? contacts : [],
    message,
  };
}

/** Header lines with which an INVITE that was refused with 421 or 422 is taken (RFC 3261 §21.4.16, RFC 4028 §6); none: it never will be. */
export function insisted(message: SipResponse | undefined): string[] {
  if (message?.status === 422) {
    const least = Number.parseInt(header(message, 'min-se') ?? '', 10);
    return least > 0 ? [`Session-Expires: ${least}`, `Min-SE: ${least}`] : [];
  }
  if (message?.status !== 421) return [];
  return [
    ...(hasTag(message, 'require', '100rel') ? ['Supported: 100rel'] : []),
    ...(hasTag(message, 'require', 'timer') ? ['Session-Expires: 1800'] : []),
  ];
}

/** `486 Busy Here (Q.850 17: User busy)`: one line for people. */
export function refusalText(refusal: Refusal): string {
  switch (refusal.kind) {
    case 'rejected': {
      const why = refusal.reasons.map(reasonText).join(', ');
      const other = refusal.contacts.map(({ text }) => text).join(', ');
      return `${refusal.status} ${refusal.phrase}${why ? ` (${why})` : ''}${other ? ` to ${other}` : ''}`;
    }
    case 'auth':
      return refusal.known
        ? `the credentials were refused (${refusal.status})`
        : `${refusal.status}: a password is asked for, and none is configured`;
    case 'unreachable':
      return `${refusal.at}: ${refusal.why}`;
    case 'no response':
      return 'no response in 32 s';
    case 'unusable answer':
      return `answered with media that cannot be used: ${refusal.why}`;
    case 'cancelled':
      return 'cancelled by us';
    default:
      return refusal satisfies never;
  }
}

export function reasonText({ protocol, cause, text }: Reason): string {
  return [`${protocol}${cause === undefined ? '' : ` ${cause}`}`, ...(text ? [text] : [])].join(': ');
}

/** A request in a dialog was refused. */
export class Refused extends Error {
  readonly refusal: Refusal;
  constructor(message: string, refusal: Refusal) {
    super(message);
    this.name = 'Refused';
    this.refusal = refusal;
  }
}
