import { type NameAddress, parseNameAddress, parseUri, parseVia, splitOutside, type Via } from './address.ts';
import { remembered } from './remembered.ts';

/** One header line in normal form: name in lower case and long form, unfolded, lists taken apart. */
export interface Header {
  readonly name: string;
  readonly value: string;
}

interface Common {
  readonly headers: readonly Header[];
  readonly body: string;
  readonly callId: string;
  readonly cseq: number;
  /** Of a response: the method that its CSeq names. */
  readonly method: string;
  readonly from: NameAddress;
  readonly to: NameAddress;
  readonly via: Via;
  /** When it came, epoch ms; absent of what we send. */
  readonly at?: number;
}
export interface SipRequest extends Common {
  readonly kind: 'request';
  readonly uri: string;
}
export interface SipResponse extends Common {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
}
/** A message whose parts that matter to routing and matching have been read. */
export type SipMessage = SipRequest | SipResponse;

/** `answer` is what a stateless server sends back to an unreadable request, where it can be sent at all. */
export type Reading = SipMessage | { readonly kind: 'unreadable'; readonly why: string; readonly answer?: string };

/** Above these a message is refused before it costs anything: bytes, characters, count. */
export const caps = { message: 65_535, line: 8_192, headers: 256 } as const;

/** What we understand, as `Allow` says it. */
export const methods = 'ACK, BYE, CANCEL, INFO, INVITE, NOTIFY, OPTIONS, PRACK, REFER, UPDATE';

const long: Readonly<Record<string, string>> = {
  a: 'accept-contact',
  b: 'referred-by',
  c: 'content-type',
  d: 'request-disposition',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  j: 'reject-contact',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
  x: 'session-expires',
  y: 'identity',
};
const lists = new Set(['via', 'route', 'record-route', 'contact', 'path', 'service-route']);
const single = new Set(['from', 'to', 'call-id', 'cseq', 'max-forwards', 'content-length', 'content-type']);
const requestLine = /^([\w\-.!%*+`'~]{1,64}) (\S+) (\S+)$/;
const statusLine = /^SIP\/2\.0 ([1-6]\d\d)(?: (.*))?$/i;
const blank = /^[\w\-.!%*+`'~]+$/;

/** Value of the first header of this name (lower case, long form). */
export function header(message: { readonly headers: readonly Header[] }, name: string): string | undefined {
  for (const entry of message.headers) if (entry.name === name) return entry.value;
  return undefined;
}

export function headerValues(message: { readonly headers: readonly Header[] }, name: string): string[] {
  return message.headers.filter((entry) => entry.name === name).map((entry) => entry.value);
}

/** Whether a list of option tags (`supported`, `require`) names one. */
export function hasTag(message: { readonly headers: readonly Header[] }, name: string, tag: string): boolean {
  return headerValues(message, name).some((value) => splitOutside(value, ',').some((one) => one.toLowerCase() === tag));
}

/** The body of a message, when it is SDP. */
export function sdpOf(message: SipMessage | undefined): string | undefined {
  if (!message || message.body === '') return undefined;
  return /^application\/sdp\b/i.test(header(message, 'content-type') ?? '') ? message.body : undefined;
}

/** Reads one whole message (RFC 3261 §7; datagram or framed). Linear in its length; never throws. */
export function readMessage(text: string): Reading {
  if (text.length > caps.message) return { kind: 'unreadable', why: `message of ${text.length} characters` };
  const end = /\r?\n\r?\n/.exec(text);
  const head = end ? text.slice(0, end.index) : text.replace(/\r?\n$/, '');
  const lines = head.replaceAll(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  const first = lines[0] ?? '';
  const headers: Header[] = [];
  const broken = readHeaders(lines, headers);
  const response = statusLine.exec(first);
  const request = response ? undefined : requestLine.exec(first);
  if (!response && !request) {
    const line = first.length > 80 ? `${first.slice(0, 80)}...` : first;
    const refusal = /^[A-Z]{3,} /.test(first) ? refuse(headers, first, 400, 'Unreadable Request-Line') : undefined;
    return { kind: 'unreadable', why: `no SIP start line: ${line}`, ...(refusal ? { answer: refusal } : {}) };
  }
  const bad = (why: string, status = 400, phrase = why): Reading => {
    const answer = request ? refuse(headers, first, status, phrase) : undefined;
    return { kind: 'unreadable', why, ...(answer === undefined ? {} : { answer }) };
  };
  if (request && !/^SIP\/2\.0$/i.test(request[3]!))
    return /^SIP\/\d/i.test(request[3]!)
      ? bad(`version ${request[3]}`, 505, 'Version Not Supported')
      : bad('no SIP version');
  if (!end) return bad('Headers Without An End');
  if (broken !== undefined) return bad(broken);
  const common = readCommon(headers, text.slice(end.index + end[0].length));
  if (typeof common === 'string') return bad(common);
  if (response) return { kind: 'response', status: Number(response[1]), reason: (response[2] ?? '').trim(), ...common };
  const [, method, uri] = request!;
  if (method !== common.method) return bad('CSeq Method Mismatch');
  if (!/^[a-z][a-z0-9+.-]*:./i.test(uri!)) return bad('Unreadable Request-URI');
  if (/^sips?:/i.test(uri!) && !parseUri(uri!)) return bad('Unreadable Request-URI');
  return { kind: 'request', uri: uri!, ...common };
}

/** A header's name in lower case and long form; undefined when it is none. */
const nameOf = remembered((text: string): string | undefined => {
  const written = text.trim().toLowerCase();
  if (!blank.test(written)) return undefined;
  return (Object.hasOwn(long, written) ? long[written] : undefined) ?? written;
});

/** Fills `headers`; returns what is wrong with them. */
function readHeaders(lines: readonly string[], headers: Header[]): string | undefined {
  const seen = new Set<string>();
  let wrong = lines.length > caps.headers ? 'Too Many Headers' : undefined;
  for (let i = 1; i < Math.min(lines.length, caps.headers); i++) {
    const line = lines[i]!;
    if (line.length > caps.line) {
      wrong ??= 'Header Too Long';
      continue;
    }
    const colon = line.indexOf(':');
    const name = nameOf(line.slice(0, Math.max(colon, 0)));
    if (name === undefined) {
      wrong ??= 'Unreadable Header';
      continue;
    }
    const value = line.slice(colon + 1).trim();
    if (single.has(name)) {
      if (seen.has(name)) wrong ??= `Two ${name} Headers`;
      seen.add(name);
    }
    if (lists.has(name) && value.includes(','))
      for (const piece of splitOutside(value, ',')) headers.push({ name, value: piece });
    else headers.push({ name, value });
  }
  return wrong;
}

function readCommon(headers: readonly Header[], rest: string): Omit<Common, 'kind'> | string {
  const read = (name: string) => header({ headers }, name);
  const via = parseVia(read('via') ?? '');
  const from = parseNameAddress(read('from') ?? '');
  const to = parseNameAddress(read('to') ?? '');
  const callId = read('call-id');
  const cseq = /^(\d{1,10})\s+([\w\-.!%*+`'~]+)$/.exec(read('cseq') ?? '');
  if (!via) return 'Unreadable Via';
  if (!from) return 'Unreadable From';
  if (!to) return 'Unreadable To';
  if (!callId || /\s/.test(callId)) return 'Unreadable Call-ID';
  if (!cseq || Number(cseq[1]) > 0x7fffffff) return 'Unreadable CSeq';
  const length = read('content-length');
  if (length !== undefined && !/^\d{1,9}$/.test(length)) return 'Unreadable Content-Length';
  const contact = read('contact');
  if (contact !== undefined && contact !== '*' && !parseNameAddress(contact)) return 'Unreadable Contact';
  const body = cut(rest, length);
  if (body === undefined) return 'Content-Length Over The Body';
  return { headers, body, callId, cseq: Number(cseq[1]), method: cseq[2]!, from, to, via };
}

/** The body of `length` bytes; undefined when there are fewer. */
function cut(rest: string, length: string | undefined): string | undefined {
  if (length === undefined) return rest;
  const wanted = Number(length);
  if (rest.length === wanted && Buffer.byteLength(rest) === wanted) return rest;
  const bytes = Buffer.from(rest);
  return bytes.length < wanted ? undefined : bytes.subarray(0, wanted).toString();
}

/** A stateless answer made from whatever could be read (RFC 3261 §8.2.7); undefined for ACK and without Via. */
function refuse(headers: readonly Header[], first: string, status: number, reason: string): string | undefined {
  const via = header({ headers }, 'via');
  if (first.startsWith('ACK ') || via === undefined || !parseVia(via)) return undefined;
  const kept = headers.filter(({ name }) => ['via', 'from', 'to', 'call-id', 'cseq'].includes(name));
  return `SIP/2.0 ${status} ${reason}\r\n${headerText(kept)}Content-Length: 0\r\n\r\n`;
}

const spelled: Readonly<Record<string, string>> = {
  'call-id': 'Call-ID',
  cseq: 'CSeq',
  rseq: 'RSeq',
  rack: 'RAck',
  'min-se': 'Min-SE',
  'www-authenticate': 'WWW-Authenticate',
};
const spellings = new Map<string, string>(Object.entries(spelled));

/** A header's name as people write it. */
export function spell(name: string): string {
  const known = spellings.get(name);
  if (known !== undefined) return known;
  const written = name.replaceAll(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
  if (spellings.size < 512) spellings.set(name, written);
  return written;
}

function headerText(headers: readonly Header[]): string {
  let text = '';
  for (const { name, value } of headers) text += `${spell(name)}: ${value}\r\n`;
  return text;
}

export function startLine(message: SipMessage): string {
  return message.kind === 'request'
    ? `${message.method} ${message.uri} SIP/2.0`
    : `SIP/2.0 ${message.status} ${message.reason}`;
}

/** The text that goes on the wire; Content-Length is counted anew. */
export function writeMessage(message: SipMessage): string {
  let text = `${startLine(message)}\r\n`;
  for (const { name, value } of message.headers) if (name !== 'content-length') text += `${spell(name)}: ${value}\r\n`;
  return `${text}Content-Length: ${Buffer.byteLength(message.body)}\r\n\r\n${message.body}`;
}
