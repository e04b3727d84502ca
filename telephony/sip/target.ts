import { parseUri, type Uri } from './address.ts';
import { defaultPort, uriTransport } from './flow.ts';

/** For texts of our own making. Throws Error when it is no URI. */
export function uriOf(text: string): Uri {
  const uri = parseUri(text);
  if (!uri) throw new Error(`not a SIP URI: ${text}`);
  return uri;
}

/** A name or number as the user part of a URI: numbers without what people put between digits, the rest escaped (RFC 3261 §19.1.1). */
export function userPart(text: string): string {
  if (/^\+?[\d\s().-]+$/.test(text)) return text.replaceAll(/[\s().-]/g, '');
  return text.replaceAll(/[^\w\-.!~*'()&=+$,;?/%]/gu, encodeURIComponent);
}

/** What a dialled text means in a domain: a URI as it is; `tel:` and numbers there; `user@host`; a name there. Throws Error for anything else. */
export function targetOf(target: string, domain: string): Uri {
  const text = target.trim();
  const wrong = () => new Error(`not a phone number and not a SIP address: ${target}`);
  if (/^(sips?|tel):/i.test(text)) {
    const uri = parseUri(text);
    if (!uri) throw wrong();
    return uri.scheme === 'tel' ? uriOf(`sip:${uri.user}@${domain};user=phone`) : uri;
  }
  const number = text.replaceAll(/[\s().-]/g, '');
  if (/^\+?[\d*]+$/.test(number)) return uriOf(`sip:${number}@${domain}`);
  if (/^\+?[\d*#]+$/.test(number)) return uriOf(`sip:${number.replaceAll('#', '%23')}@${domain}`);
  const uri = parseUri(text.includes('@') ? `sip:${text}` : `sip:${text}@${domain}`);
  if (!uri) throw wrong();
  return uri;
}

/** `host` or `host:port`, the port only where it is not the usual one. */
export function hostPort({ host, port, ...uri }: Uri): string {
  const usual = defaultPort(uriTransport({ host, ...uri }) ?? 'udp');
  return port === undefined || port === usual ? host : `${host}:${port}`;
}
