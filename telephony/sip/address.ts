import { remembered } from './remembered.ts';

/** Parameters in the order of the text, names in lower case; null for a parameter without a value. */
export type Parameters = Readonly<Record<string, string | null>>;

/** A `sip:`, `sips:` or `tel:` URI (RFC 3261 §19.1, RFC 3966). `text` is exactly as written. */
export interface Uri {
  readonly scheme: string;
  /** As written, escapes kept; empty when there is none. Of a `tel:` URI the number without visual separators. */
  readonly user: string;
  /** Lower case; IPv6 in brackets; empty for `tel:`. */
  readonly host: string;
  readonly port?: number;
  readonly parameters: Parameters;
  /** What follows `?`, as written. */
  readonly headers: string;
  readonly text: string;
}

/** From, To, Contact, Route, Refer-To ... (RFC 3261 §20.10). */
export interface NameAddress {
  readonly name: string;
  readonly uri: Uri;
  readonly parameters: Parameters;
}

/** The top of where a message has been (RFC 3261 §20.42). */
export interface Via {
  readonly transport: string;
  readonly host: string;
  readonly port?: number;
  readonly parameters: Parameters;
}

const token = /^[\w\-.!%*+`'~]+$/;

/** Index of `wanted` outside of quotes and angle brackets, or -1. */
function outside(text: string, wanted: string, from = 0): number {
  let quoted = false;
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === '\\') i++;
      else if (c === '"') quoted = false;
    } else if (c === wanted && depth === 0) return i;
    else if (c === '"') quoted = true;
    else if (c === '<') depth++;
    else if (c === '>' && depth > 0) depth--;
  }
  return -1;
}

/** Splits at `separator` outside of quotes and angle brackets; pieces are trimmed, empty ones dropped. */
export function splitOutside(text: string, separator: string): string[] {
  if (!text.includes(separator)) return text.trim() === '' ? [] : [text.trim()];
  const pieces: string[] = [];
  for (let start = 0; start <= text.length; ) {
    const end = outside(text, separator, start);
    const piece = text.slice(start, end < 0 ? undefined : end).trim();
    if (piece !== '') pieces.push(piece);
    if (end < 0) break;
    start = end + 1;
  }
  return pieces;
}

/** `;a=b;c="d"` as written after a URI or a value. The first of two equal names wins. */
export function parseParameters(text: string): Parameters {
  const found: Record<string, string | null> = Object.create(null);
  if (text === '') return found;
  for (const piece of splitOutside(text, ';')) {
    const equals = piece.indexOf('=');
    const name = (equals < 0 ? piece : piece.slice(0, equals)).trim().toLowerCase();
    if (name !== '' && !(name in found)) found[name] = equals < 0 ? null : unquote(piece.slice(equals + 1).trim());
  }
  return found;
}

export function unquote(text: string): string {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"')
    ? text.slice(1, -1).replaceAll(/\\(.)/g, '$1')
    : text;
}

function parsePort(text: string): number | undefined {
  if (!/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65_535 ? port : undefined;
}

/** `host`, `host:port`, `[v6]:port`; undefined when unreadable. */
export function parseHostPort(text: string): { host: string; port?: number } | undefined {
  const colon = text.startsWith('[') ? text.indexOf(':', text.indexOf(']')) : text.indexOf(':');
  const host = (colon < 0 ? text : text.slice(0, colon)).trim().toLowerCase();
  if (!/^(\[[0-9a-f:.]+\]|[\w.-]+)$/.test(host)) return undefined;
  if (colon < 0) return { host };
  const port = parsePort(text.slice(colon + 1).trim());
  return port === undefined ? undefined : { host, port };
}

/** Undefined when it is not a readable `sip:`, `sips:` or `tel:` URI. */
export const parseUri = remembered(readUri);

function readUri(text: string): Uri | undefined {
  const colon = text.indexOf(':');
  const scheme = text.slice(0, colon).toLowerCase();
  const rest = text.slice(colon + 1);
  if (colon < 1 || /[\s<>"\0]/.test(text)) return undefined;
  if (scheme === 'tel') {
    const end = rest.indexOf(';');
    const number = (end < 0 ? rest : rest.slice(0, end)).replaceAll(/[-.()]/g, '');
    if (!/^\+?[\da-f*#]+$/i.test(number)) return undefined;
    const parameters = end < 0 ? parseParameters('') : parseParameters(rest.slice(end + 1));
    return { scheme, user: number, host: '', parameters, headers: '', text };
  }
  if (scheme !== 'sip' && scheme !== 'sips') return undefined;
  const at = rest.indexOf('@');
  const user = at < 0 ? '' : rest.slice(0, at);
  const place = rest.slice(at + 1);
  const question = place.indexOf('?');
  const address = question < 0 ? place : place.slice(0, question);
  const semicolon = address.indexOf(';');
  const where = parseHostPort(semicolon < 0 ? address : address.slice(0, semicolon));
  if (!where || (at >= 0 && user === '')) return undefined;
  return {
    scheme,
    user,
    ...where,
    parameters: semicolon < 0 ? parseParameters('') : parseParameters(address.slice(semicolon + 1)),
    headers: question < 0 ? '' : place.slice(question + 1),
    text,
  };
}

/** `"Name" <uri>;parameters` or `uri;parameters`; undefined when unreadable. */
export const parseNameAddress = remembered(readNameAddress);

function readNameAddress(text: string): NameAddress | undefined {
  const open = outside(text, '<');
  if (open < 0) {
    const semicolon = text.indexOf(';');
    const uri = parseUri((semicolon < 0 ? text : text.slice(0, semicolon)).trim());
    return uri && { name: '', uri, parameters: parseParameters(semicolon < 0 ? '' : text.slice(semicolon + 1)) };
  }
  const close = text.indexOf('>', open);
  const uri = close < 0 ? undefined : parseUri(text.slice(open + 1, close).trim());
  if (!uri) return undefined;
  const after = text.slice(close + 1).trim();
  if (after !== '' && !after.startsWith(';')) return undefined;
  return { name: unquote(text.slice(0, open).trim()), uri, parameters: parseParameters(after) };
}

const via =
  /^SIP\s*\/\s*2\.0\s*\/\s*([\w\-.!%*+`'~]+)\s+(\[[0-9a-fA-F:.]+\]|[\w.-]+)\s*(?::\s*(\d{1,5}))?\s*(?:;(.*))?$/i;

/** Undefined when unreadable. Blanks around `/`, `:` and `;` are legal. */
export function parseVia(text: string): Via | undefined {
  const match = via.exec(text);
  if (!match?.[1] || !match[2]) return undefined;
  const port = match[3] === undefined ? undefined : parsePort(match[3]);
  if (match[3] !== undefined && port === undefined) return undefined;
  return {
    transport: match[1].toUpperCase(),
    host: match[2].toLowerCase(),
    ...(port === undefined ? {} : { port }),
    parameters: parseParameters(match[4] ?? ''),
  };
}

export function viaText({ transport, host, port, parameters }: Via): string {
  return `SIP/2.0/${transport} ${host}${port === undefined ? '' : `:${port}`}${parametersText(parameters)}`;
}

export function parametersText(parameters: Parameters): string {
  let text = '';
  for (const name in parameters) {
    const value = parameters[name];
    text +=
      value == null
        ? `;${name}`
        : `;${name}=${token.test(value) || /^[\w.:[\]-]+$/.test(value) ? value : quote(value)}`;
  }
  return text;
}

export function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
