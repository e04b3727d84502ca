import { createHash } from 'node:crypto';
import { parseParameters, quote, splitOutside } from './address.ts';
import { headerValues, type SipResponse } from './message.ts';

export interface Account {
  readonly user: string;
  readonly password: string;
}

interface Challenge {
  /** Header that carries the answer. */
  readonly answer: 'authorization' | 'proxy-authorization';
  readonly realm: string;
  readonly nonce: string;
  readonly opaque?: string;
  readonly algorithm: string;
  readonly qop?: 'auth' | 'auth-int';
  readonly stale: boolean;
}

const hashes: Readonly<Record<string, string>> = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' };

/** The challenges of a 401 or 407 that can be answered, in the order of the server's preference (RFC 8760 §2.4). */
function challenges(response: SipResponse): Challenge[] {
  const found: Challenge[] = [];
  for (const [name, answer] of [
    ['www-authenticate', 'authorization'],
    ['proxy-authenticate', 'proxy-authorization'],
  ] as const)
    for (const value of headerValues(response, name)) {
      const space = value.search(/\s/);
      if (space < 0 || value.slice(0, space).toLowerCase() !== 'digest') continue;
      const given = parseParameters(splitOutside(value.slice(space + 1), ',').join(';'));
      const algorithm = (given.algorithm ?? 'MD5').toUpperCase();
      const offered = given.qop?.split(',').map((word) => word.trim().toLowerCase());
      const qop = offered?.includes('auth') ? 'auth' : offered?.includes('auth-int') ? 'auth-int' : undefined;
      if (given.realm == null || !given.nonce || !hashes[algorithm.replace(/-SESS$/, '')] || (offered && !qop))
        continue;
      found.push({
        answer,
        realm: given.realm,
        nonce: given.nonce,
        ...(given.opaque == null ? {} : { opaque: given.opaque }),
        algorithm,
        ...(qop ? { qop } : {}),
        stale: given.stale?.toLowerCase() === 'true',
      });
    }
  return found;
}

/** Why there is no answer: nobody to log in as, nothing understood, or the password was not taken. */
export type Refused = 'no account' | 'no challenge that can be answered' | 'credentials refused';

/**
 * Digest for one request and its repetitions (RFC 7616, RFC 8760): MD5, SHA-256, SHA-512-256 and their `-sess` forms,
 * qop none, auth, auth-int, proxy and server both. Each protection space is answered once, and again only when stale.
 */
export class DigestAnswers {
  readonly #account: Account | undefined;
  readonly #random: () => string;
  readonly #answered = new Map<string, { challenge: Challenge; count: number }>();

  constructor(account: Account | undefined, random: () => string) {
    this.#account = account;
    this.#random = random;
  }

  /** Header lines by name for the next try. */
  answer(response: SipResponse, request: { method: string; uri: string; body: string }): Map<string, string> | Refused {
    const account = this.#account;
    if (!account) return 'no account';
    const fresh = new Set<string>();
    for (const challenge of challenges(response)) {
      const space = `${challenge.answer} ${challenge.realm}`;
      if (fresh.has(space)) continue;
      const last = this.#answered.get(space)?.challenge;
      if (last && (!challenge.stale || last.nonce === challenge.nonce)) return 'credentials refused';
      fresh.add(space);
      this.#answered.set(space, { challenge, count: 0 });
    }
    if (fresh.size === 0) return 'no challenge that can be answered';
    const lines = new Map<string, string>();
    for (const answered of this.#answered.values()) {
      answered.count++;
      lines.set(answered.challenge.answer, this.#line(answered, account, request));
    }
    return lines;
  }

  #line(
    { challenge, count: times }: { challenge: Challenge; count: number },
    account: Account,
    request: { method: string; uri: string; body: string },
  ): string {
    const { realm, nonce, algorithm, qop, opaque } = challenge;
    const hash = (text: string) =>
      createHash(hashes[algorithm.replace(/-SESS$/, '')]!)
        .update(text)
        .digest('hex');
    const cnonce = this.#random();
    const count = times.toString(16).padStart(8, '0');
    const plain = hash(`${account.user}:${realm}:${account.password}`);
    const first = algorithm.endsWith('-SESS') ? hash(`${plain}:${nonce}:${cnonce}`) : plain;
    const second = hash(`${request.method}:${request.uri}${qop === 'auth-int' ? `:${hash(request.body)}` : ''}`);
    const response = qop
      ? hash(`${first}:${nonce}:${count}:${cnonce}:${qop}:${second}`)
      : hash(`${first}:${nonce}:${second}`);
    const parts = [
      `username=${quote(account.user)}`,
      `realm=${quote(realm)}`,
      `nonce=${quote(nonce)}`,
      `uri=${quote(request.uri)}`,
      `response="${response}"`,
      `algorithm=${algorithm.replace('-SESS', '-sess')}`,
    ];
    if (opaque !== undefined) parts.push(`opaque=${quote(opaque)}`);
    if (qop) parts.push(`qop=${qop}`, `nc=${count}`, `cnonce=${quote(cnonce)}`);
    else if (algorithm.endsWith('-SESS')) parts.push(`cnonce=${quote(cnonce)}`);
    return `Digest ${parts.join(', ')}`;
  }
}
