import { lookup } from 'node:dns/promises';
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

/** Hops for a URI, best first (RFC 3263 §4). Synchronous where nothing has to be asked. */
export function hopsOf(uri: Uri, fallback: Transport): readonly Hop[] | Promise<readonly Hop[]> {
  const transport = uriTransport(uri) ?? fallback;
  const host = uri.parameters.maddr ?? uri.host;
  const port = uri.port ?? defaultPort(transport);
  if (isNumeric(host)) return [hop(transport, host, port, uri.host)];
  return named(host, transport, port);
}

function hop(transport: Transport, host: string, port: number, name: string): Hop {
  return { transport, host, port, ...(isSecure(transport) ? { name } : {}) };
}

async function named(host: string, transport: Transport, port: number): Promise<readonly Hop[]> {
  try {
    const found = await lookup(host, { all: true, order: 'ipv4first' });
    return found.map(({ address }) => hop(transport, bracketed(address), port, host));
  } catch (error) {
    throw new FlowError('dns', `no address for ${host}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`, {
      cause: error,
    });
  }
}
