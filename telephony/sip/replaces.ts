import { parseNameAddress, parseParameters } from './address.ts';

/** Which call another takes the place of (RFC 3891); tags as the one who is asked knows them. */
export interface Replaces {
  readonly callId: string;
  readonly toTag: string;
  readonly fromTag: string;
  readonly earlyOnly: boolean;
}

/** Undefined when unreadable. */
export function parseReplaces(value: string): Replaces | undefined {
  const semicolon = value.indexOf(';');
  const callId = value.slice(0, Math.max(semicolon, 0)).trim();
  const given = parseParameters(value.slice(semicolon + 1));
  const toTag = given['to-tag'];
  const fromTag = given['from-tag'];
  if (callId === '' || !toTag || !fromTag) return undefined;
  return { callId, toTag, fromTag, earlyOnly: 'early-only' in given };
}

export function replacesText({ callId, toTag, fromTag }: Omit<Replaces, 'earlyOnly'>): string {
  return `${callId};to-tag=${toTag};from-tag=${fromTag}`;
}

/** Where a Refer-To sends us, and the header lines that the call there has to carry. */
export interface Referral {
  /** URI without its headers. */
  readonly to: string;
  readonly lines: readonly string[];
}

/** Of the headers in a URI those that cannot forge a request of ours (RFC 3261 §19.1.5). */
const honoured = /^(replaces|require|user-to-user|referred-by|subject|accept-contact|x-[\w-]+)$/i;

/** Reads a Refer-To (RFC 3515 §2.1, RFC 5589 §7); undefined when unreadable or for another method than INVITE. */
export function readReferTo(value: string): Referral | undefined {
  const uri = parseNameAddress(value)?.uri;
  if (!uri) return undefined;
  const method = uri.parameters.method ?? 'INVITE';
  if (method.toUpperCase() !== 'INVITE') return undefined;
  const bare = uri.headers === '' ? uri.text : uri.text.slice(0, uri.text.indexOf('?'));
  return { to: bare.replace(/;method=invite/i, ''), lines: linesOf(uri.headers) };
}

function linesOf(headers: string): string[] {
  return headers.split('&').flatMap((pair) => {
    const equals = pair.indexOf('=');
    const name = unescaped(pair.slice(0, Math.max(equals, 0)));
    const value = unescaped(pair.slice(equals + 1));
    return name !== undefined && value !== undefined && honoured.test(name) && !/[\r\n\0]/.test(value)
      ? [`${name}: ${value}`]
      : [];
  });
}

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** A Refer-To that makes whoever follows it take the place of a call (RFC 5589 §7.3). */
export function replacingUri(target: string, replaces: Omit<Replaces, 'earlyOnly'>): string {
  const question = target.indexOf('?');
  return `${question < 0 ? target : target.slice(0, question)}?Replaces=${encodeURIComponent(replacesText(replaces))}`;
}
