import dns from 'node:dns';
import { lookup, Resolver } from 'node:dns/promises';
import type { Uri } from './address.ts';
import {
  bracketed,
  defaultPort,
  FlowError,
  type Hop,
  isNumeric,
  isSecure,
  type Transport,
  uriTransport,
} from './flow.ts';

/** ms that DNS has for service records; names of a local network often have nobody to ask. */
const patience = 1500;

/** Hops for a URI, best first (RFC 3263 §4). Synchronous where nothing has to be asked. */
export function hopsOf(uri: Uri, fallback: Transport): readonly Hop[] | Promise<readonly Hop[]> {
  const transport = uriTransport(uri) ?? fallback;
  const host = uri.parameters.maddr ?? uri.host;
  const port = uri.port ?? defaultPort(transport);
  if (isNumeric(host)) return [hop(transport, host, port, uri.host)];
  const service = services[transport];
  const served = uri.port === undefined && host.includes('.') && service !== undefined;
  return named({ host, transport, port, service: served ? service : undefined });
}

interface Service {
  /** Before the name, where no pointer says otherwise. */
  readonly label: string;
  /** In NAPTR records. */
  readonly field: string;
}

/** RFC 3263 §4.1; WebSockets have none. */
const services: Readonly<Partial<Record<Transport, Service>>> = {
  udp: { label: '_sip._udp', field: 'SIP+D2U' },
  tcp: { label: '_sip._tcp', field: 'SIP+D2T' },
  tls: { label: '_sips._tcp', field: 'SIPS+D2T' },
};

interface Asked {
  readonly host: string;
  readonly transport: Transport;
  readonly port: number;
  readonly service: Service | undefined;
}

function hop(transport: Transport, host: string, port: number, name: string): Hop {
  return { transport, host, port, ...(isSecure(transport) ? { name } : {}) };
}

/** Service records first, those that a pointer (NAPTR) names or else the usual ones; where there are none, the addresses of the name itself. */
async function named({ host, transport, port, service }: Asked): Promise<readonly Hop[]> {
  const own = addresses(host);
  own.catch(() => undefined);
  const targets = service === undefined ? [] : await serving(host, service);
  const hops: Hop[] = [];
  for (const target of targets) {
    const found = await addresses(target.name).catch(() => []);
    hops.push(...found.map((address) => hop(transport, address, target.port, host)));
  }
  return hops.length > 0 ? hops : (await own).map((address) => hop(transport, address, port, host));
}

async function addresses(host: string): Promise<string[]> {
  try {
    const found = await lookup(host, { all: true, order: 'ipv4first' });
    return found.map(({ address }) => bracketed(address));
  } catch (error) {
    throw new FlowError('dns', `no address for ${host}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`, {
      cause: error,
    });
  }
}

interface Target {
  readonly name: string;
  readonly port: number;
}

/** Both are asked at once. A pointer to another transport than ours moves nothing. */
async function serving(host: string, { label, field }: Service): Promise<readonly Target[]> {
  const resolver = new Resolver({ timeout: patience, tries: 1 });
  resolver.setServers(dns.getServers());
  const usual = records(`${label}.${host}`, resolver);
  const pointers = await resolver.resolveNaptr(host).catch(() => []);
  const named = pointers
    .filter(({ flags, service, replacement }) => /^s$/i.test(flags) && service.toUpperCase() === field && replacement)
    .sort((a, b) => a.order - b.order || a.preference - b.preference);
  const found = await Promise.all(named.map(({ replacement }) => records(replacement, resolver)));
  const targets = found.flat();
  return targets.length > 0 ? targets : usual;
}

/** By priority, then the heavier first (RFC 2782); none where nobody answers. */
async function records(name: string, resolver: Resolver): Promise<readonly Target[]> {
  const found = await resolver.resolveSrv(name).catch(() => []);
  return found.filter((one) => one.name !== '').sort((a, b) => a.priority - b.priority || b.weight - a.weight);
}
