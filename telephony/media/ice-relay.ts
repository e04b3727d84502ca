import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { parseIceServers, parseMessage, TcpTransport, TlsTransport, TurnProtocol, UdpTransport } from 'werift';
import { type IceServer, type IceTls, patience, SilentServers } from './ice-servers.ts';

type By = 'udp' | 'tcp' | 'tls';

/** From where a server is asked, and whom a server over TLS may be vouched for by. */
export interface Asking {
  readonly host: string;
  readonly tls?: IceTls | undefined;
}

/** s that an allocation lives without a word from us (RFC 8656 §3.3); werift refreshes it. */
const lifetime = 600;

/** Of this thread: whom no datagram reached for the last call is asked by TCP at once. */
const unreached = new SilentServers();

/**
 * An allocation at a TURN server, by the transport that its URL names. Without one (RFC 5928 §3) by UDP, and by TCP as
 * well when UDP has brought nothing for a while: the first that answers is taken.
 */
export async function allocated(server: IceServer, asking: Asking): Promise<TurnProtocol> {
  const { turnTransport } = parseIceServers([{ ...server }]);
  if (turnTransport !== undefined) return allocate(server, turnTransport, asking);
  const udp = allocate(server, 'udp', asking);
  const unlessLost = udp.catch((error: unknown) => (isTold(error) ? Promise.reject(error) : undefined));
  unlessLost.catch(() => undefined);
  const first = await Promise.race([unlessLost, later(unreached.has(server) ? 0 : patience.udp)]);
  if (first) return first;
  const tcp = allocate(server, 'tcp', asking);
  tcp.catch(() => undefined);
  const taken = await Promise.race([Promise.any([udp, tcp]), told(udp), told(tcp)]).catch((error: unknown) => {
    throw error instanceof AggregateError ? error.errors[0] : error;
  });
  tcp.then((one) => void (one === taken && unreached.add(server))).catch(() => undefined);
  for (const other of [udp, tcp]) other.then((one) => (one === taken ? undefined : one.close())).catch(() => undefined);
  return taken;
}

const later = (ms: number): Promise<undefined> => new Promise((resolve) => setTimeout(resolve, ms, undefined).unref());

/** What the server itself says against us ends the other way too. */
const isTold = (error: unknown): boolean =>
  error instanceof Error && (error.message === 'refused' || 'response' in error);

const told = (asked: Promise<TurnProtocol>): Promise<never> =>
  new Promise((_, reject) => {
    asked.catch((error: unknown) => {
      if (isTold(error)) reject(error);
    });
  });

async function allocate(server: IceServer, by: By, asking: Asking): Promise<TurnProtocol> {
  const { username = '', credential: password = '' } = server;
  const address = addressOf(server);
  const turn = new TurnProtocol([...address], username, password, lifetime, await carrier(address, by, asking));
  try {
    await Promise.race([refusal(turn), turn.connectionMade()]);
    return turn;
  } catch (error) {
    await turn.close();
    throw error;
  }
}

async function carrier(address: readonly [string, number], by: By, { host, tls }: Asking) {
  const limit = { connectTimeoutMs: patience.only };
  if (by === 'tcp') return TcpTransport.init([...address], limit);
  if (by === 'tls') {
    const name = tls?.name ?? (isIP(address[0]) ? undefined : address[0]);
    const trusted = tls?.ca === undefined ? {} : { ca: readFileSync(tls.ca) };
    const checked = { rejectUnauthorized: tls?.verify ?? true, ...trusted, ...(name ? { servername: name } : {}) };
    return TlsTransport.init([...address], checked, limit);
  }
  const v6 = host.includes(':');
  return UdpTransport.init(v6 ? 'udp6' : 'udp4', { interfaceAddresses: v6 ? { udp6: host } : { udp4: host } });
}

/**
 * Rejects when credentials are refused: werift 0.25 waits for a signed answer, which a server that does not know us cannot give.
 * It also repeats a request after 50 ms: what a server further away says to the first one, without credentials, comes twice.
 */
function refusal(turn: TurnProtocol): Promise<never> {
  const refused = Promise.withResolvers<never>();
  refused.promise.catch(() => undefined);
  const inner = turn as unknown as {
    readonly transactions: Readonly<Record<string, { readonly integrityKey?: Buffer }>>;
    handleSTUNMessage(data: Buffer, from: unknown): void;
  };
  const hear = inner.handleSTUNMessage.bind(turn);
  inner.handleSTUNMessage = (data, from) => {
    const message = parseMessage(data);
    const [status] = (message?.getAttributeValue('ERROR-CODE') ?? []) as [number?];
    const signed = message && inner.transactions[message.transactionIdHex]?.integrityKey;
    if (signed && (status === 401 || status === 441)) refused.reject(new Error('refused'));
    else hear(data, from);
  };
  return refused.promise;
}

/** Throws Error for a URL that names no server. */
export function addressOf(server: IceServer): readonly [host: string, port: number] {
  const { stunServer, turnServer } = parseIceServers([{ ...server }]);
  const address = turnServer ?? stunServer;
  if (!address) throw new Error('it is no STUN or TURN server that is understood');
  return address;
}
