import { headerValues, type SipRequest } from '../../telephony/sip/message.ts';

/** Whose call it is that rings: this walk's, another's, or nobody can tell. */
export type Claim = 'ours' | 'theirs' | 'unknown';

/** What a call of ours can be known by when it comes back to an agent. */
export interface Token {
  /** User part of From. */
  readonly caller?: string;
  /** User-to-User (RFC 7433). */
  readonly data?: string;
}

/**
 * Which call is whose, where any agent of a pool may get any call: the mark decides, else the trace, else User-to-User,
 * else the number of the caller, against what the walks of this process have dialled with (docs/decisions/0120).
 */
export class Claims {
  readonly #walks = new Map<string, Token[]>();
  /** Phone → walks that wait at it. */
  readonly #seats = new Map<string, Set<string>>();

  /** A walk calls. */
  made(walk: string, token: Token): void {
    this.#walks.set(walk, [...(this.#walks.get(walk) ?? []), token]);
  }

  /** A walk waits at a phone. */
  waits(walk: string, phone: string): void {
    this.#seats.set(phone, (this.#seats.get(phone) ?? new Set()).add(walk));
  }

  /** No other walk of this process waits at that phone. */
  alone(walk: string, phone: string): boolean {
    return [...(this.#seats.get(phone) ?? [])].every((other) => other === walk);
  }

  forget(walk: string): void {
    this.#walks.delete(walk);
    for (const [phone, walks] of this.#seats) if (walks.delete(walk) && walks.size === 0) this.#seats.delete(phone);
  }

  of(invite: SipRequest, { walk, traceparent }: { readonly walk: string; readonly traceparent: string }): Claim {
    const said = (name: string) => headerValues(invite, name);
    const marked = said('x-synthetic-journey').flatMap((value) => /\bwalk=([^;\s]+)/.exec(value)?.[1] ?? []);
    if (marked.length > 0) return marked.includes(walk) ? 'ours' : 'theirs';
    const trace = traceparent.split('-')[1];
    if (said('traceparent').some((value) => value.split('-')[1] === trace)) return 'ours';
    const data = new Set(said('user-to-user').map(dataOf));
    const byData = this.#whose(walk, (token) => token.data !== undefined && data.has(dataOf(token.data)));
    if (byData !== 'unknown') return byData;
    const callers = callersOf(invite);
    return this.#whose(walk, ({ caller }) => caller !== undefined && callers.some((one) => sameNumber(one, caller)));
  }

  #whose(walk: string, fits: (token: Token) => boolean): Claim {
    const walks = [...this.#walks].filter(([, tokens]) => tokens.some(fits)).map(([id]) => id);
    // Walks that call from one number at a time cannot be told apart by it.
    if (walks.length !== 1) return 'unknown';
    return walks[0] === walk ? 'ours' : 'theirs';
  }
}

const dataOf = (value: string): string => value.split(';', 1)[0]!.trim().toLowerCase();

/** Who calls, as the caller says and as the network vouches for (RFC 3325). */
export function callersOf(invite: SipRequest): string[] {
  const vouched = headerValues(invite, 'p-asserted-identity').flatMap(
    (value) => /<?(?:sips?|tel):([^@;>]+)/i.exec(value)?.[1] ?? [],
  );
  return [invite.from.uri.user, ...vouched].filter((user) => user !== '');
}

/** `+442079460018`, `02079460018` and `442079460018` are one number: the last nine digits count, all of a shorter one. */
export function sameNumber(one: string, other: string): boolean {
  if (one === other) return true;
  const [a, b] = [digitsOf(one), digitsOf(other)];
  return a.length >= 9 && b.length >= 9 && a.slice(-9) === b.slice(-9);
}

const digitsOf = (text: string): string => text.replaceAll(/\D/g, '');
