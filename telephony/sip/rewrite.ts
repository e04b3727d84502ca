import { parseUri, type Uri, viaText } from './address.ts';
import { bare, type Flow, largest } from './flow.ts';
import { type Header, header, methods, type SipRequest, type SipResponse } from './message.ts';

/** Host of our own Contact until the flow it leaves on is known. */
export const hereHost = 'here.invalid';

/** To a refusal that SIP.js does not hear of (RFC 3261 §17.1.1.3). */
export function ackOf(request: SipRequest, { headers, to }: SipResponse): SipRequest {
  const kept = request.headers.filter(({ name }) => ['via', 'route', 'max-forwards', 'from', 'call-id'].includes(name));
  const theirs = headers.filter(({ name }) => name === 'to');
  const own = [
    { name: 'cseq', value: `${request.cseq} ACK` },
    { name: 'content-length', value: '0' },
  ];
  return { ...request, method: 'ACK', headers: [...kept, ...theirs, ...own], body: '', to };
}

/** An ACK and a CANCEL go where their INVITE went. */
export function isLarge({ method }: SipRequest, text: string, flow: Flow): boolean {
  const follows = method === 'ACK' || method === 'CANCEL';
  return flow.transport === 'udp' && !follows && Buffer.byteLength(text) > largest;
}

export function nextHop(message: SipRequest): Uri | undefined {
  const route = header(message, 'route');
  const uri = route === undefined ? message.uri : /<([^>]*)>/.exec(route)?.[1];
  const parsed = uri === undefined ? undefined : parseUri(uri);
  return parsed?.scheme === 'tel' ? undefined : parsed;
}

/** SIP.js leaves Route out of CANCEL, all but the first out of the ACK to a refusal, and the name out of From. */
export function sameRoute(message: SipRequest, invite: SipRequest): SipRequest {
  const routes = invite.headers.filter(({ name }) => name === 'route');
  const headers = [...routes, ...message.headers.filter(({ name }) => name !== 'route')];
  replace(headers, 'from', () => header(invite, 'from')!);
  if (message.method === 'CANCEL') replace(headers, 'to', () => header(invite, 'to')!);
  return { ...message, headers };
}

/** Writes the flow's own address into our Contact. */
export function here(headers: readonly Header[], flow: Flow): Header[] {
  const made = [...headers];
  // SIP.js tells of methods that nobody here takes, and leaves UPDATE out.
  replace(made, 'allow', () => methods);
  replace(made, 'contact', (value) => {
    if (!value.includes(hereHost)) return value;
    const { transport, local } = flow;
    const at = `${local.host}${local.port === 0 ? '' : `:${local.port}`}${transport === 'udp' ? '' : `;transport=${transport}`}`;
    return value.replace(hereHost, () => at);
  });
  return made;
}

export function replace(headers: Header[], name: string, by: (value: string) => string): void {
  const index = headers.findIndex((entry) => entry.name === name);
  const found = headers[index];
  if (found) headers[index] = { name, value: by(found.value) };
}

/** Where it really came from goes into the top Via (RFC 3261 §18.2.1, RFC 3581 §4). */
export function withSource(message: SipRequest, flow: Flow): SipRequest {
  const { via } = message;
  const { host, port } = flow.remote;
  const differs = via.host !== host;
  if (!differs && !('rport' in via.parameters) && !('received' in via.parameters)) return message;
  const { received: _, ...rest } = via.parameters;
  const parameters = {
    ...rest,
    ...(differs || 'rport' in rest ? { received: bare(host) } : {}),
    ...('rport' in rest ? { rport: String(port) } : {}),
  };
  const made = { ...via, parameters };
  const headers = [...message.headers];
  replace(headers, 'via', () => viaText(made));
  return { ...message, headers, via: made };
}
