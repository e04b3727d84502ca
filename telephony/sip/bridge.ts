import { IncomingRequestMessage, IncomingResponseMessage } from 'sip.js/lib/core/index.js';
import { NameAddrHeader, type URI } from 'sip.js/lib/grammar/index.js';
import { type NameAddress, type Parameters, parseNameAddress, parseParameters, type Uri } from './address.ts';
import { type Header, type SipMessage, type SipRequest, type SipResponse, spell } from './message.ts';
import { transactionOf } from './reliability.ts';

type Incoming = IncomingRequestMessage | IncomingResponseMessage;
const origin = Symbol('origin');

/**
 * A URI for SIP.js that keeps its text. Its own class decodes and encodes the user part (changing `;` and `=`, which
 * are legal there) and throws on a stray `%`, so that a peer's Contact could neither be reached nor hung up.
 */
class ExactUri {
  readonly uri: Uri;
  constructor(uri: Uri) {
    this.uri = uri;
  }
  get scheme(): string {
    return this.uri.scheme;
  }
  get user(): string {
    return this.uri.user;
  }
  get host(): string {
    return this.uri.host;
  }
  get port(): number | undefined {
    return this.uri.port;
  }
  get parameters(): Parameters {
    return this.uri.parameters;
  }
  getParam(name: string): string | null | undefined {
    return this.uri.parameters[name.toLowerCase()];
  }
  hasParam(name: string): boolean {
    return name.toLowerCase() in this.uri.parameters;
  }
  clone(): ExactUri {
    return this;
  }
  toRaw(): string {
    return this.uri.text;
  }
  toString(): string {
    return this.uri.text;
  }
}

/** For SIP.js. */
export function sipUri(uri: Uri): URI {
  return new ExactUri(uri) as unknown as URI;
}

function nameAddress({ uri, name, parameters }: NameAddress): NameAddrHeader {
  const made = new NameAddrHeader(sipUri(uri), name, {});
  for (const key in parameters) made.setParam(key, parameters[key] ?? null);
  return made;
}

/**
 * The message as SIP.js's own parser would have made it, from what has been read already: its grammar costs half of all
 * signalling time, blocks the loop for a second on long headers, and drops some legal messages.
 * `self` stands as Request-URI: which names are answered is decided by the agent, SIP.js would know but one.
 */
export function incomingRequest(message: SipRequest, self: URI): IncomingRequestMessage {
  const made = new IncomingRequestMessage();
  fill(made, message);
  made.viaBranch = transactionOf(message);
  made.ruri = self;
  return made;
}

export function incomingResponse(message: SipResponse): IncomingResponseMessage {
  const made = new IncomingResponseMessage();
  fill(made, message);
  made.viaBranch = message.via.parameters.branch ?? '';
  made.statusCode = message.status;
  made.reasonPhrase = message.reason;
  return made;
}

function fill(made: Incoming, message: SipMessage): void {
  made.headers = readable(message);
  made.method = message.method;
  made.body = message.body;
  made.callId = message.callId;
  made.cseq = message.cseq;
  made.from = made.headers.From![0]!.parsed;
  made.to = made.headers.To![0]!.parsed;
  made.fromTag = message.from.parameters.tag ?? '';
  made.toTag = message.to.parameters.tag ?? '';
  made.via = { host: message.via.host, port: message.via.port ?? 0 };
  made.data = '';
  Object.defineProperty(made, origin, { value: message });
}

/** What SIP.js's message was made from; undefined for one that SIP.js made up itself. */
export function originOf(message: IncomingRequestMessage): SipRequest;
export function originOf(message: IncomingResponseMessage): SipResponse | undefined;
export function originOf(message: Incoming): SipMessage | undefined {
  return (message as unknown as Record<symbol, SipMessage | undefined>)[origin];
}

function readable(message: SipMessage): Incoming['headers'] {
  const headers: Incoming['headers'] = Object.create(null);
  for (const entry of message.headers) {
    const name = spell(entry.name);
    const made = { raw: entry.value, parsed: parsed(entry, message) };
    const known = headers[name];
    if (known) known.push(made);
    else headers[name] = [made];
  }
  return headers;
}

/** What SIP.js would ask its grammar for. */
function parsed({ name, value }: Header, message: SipMessage): unknown {
  switch (name) {
    case 'from':
      return nameAddress(message.from);
    case 'to':
      return nameAddress(message.to);
    case 'contact':
    case 'refer-to': {
      const address = parseNameAddress(value);
      return address ? nameAddress(address) : undefined;
    }
    case 'content-type':
      return value.split(';', 1)[0]!.trim().toLowerCase();
    case 'content-disposition':
      return { type: value.split(';', 1)[0]!.trim().toLowerCase() };
    case 'event':
      return {
        event: value.split(';', 1)[0]!.trim().toLowerCase(),
        ...parseParameters(value.split(';').slice(1).join(';')),
      };
    default:
      return undefined;
  }
}
