import dns from 'node:dns';
import { expect, test, vi } from 'vitest';
import { WebWire } from '../../../telephony/media/web-wire.ts';

/** Names that are looked up while an offer is made. */
async function asked(servers: readonly { readonly urls: string }[]): Promise<readonly unknown[]> {
  using looked = vi.spyOn(dns.promises, 'lookup');
  const wire = new WebWire({ host: '127.0.0.1', servers, codecs: ['PCMU'], ssrc: 7, trouble: () => undefined });
  expect(await wire.offer()).toContain('a=candidate');
  await wire.close();
  return looked.mock.calls.map(([name]) => name);
}

test('only the STUN server that is named is asked for our address, and nobody where none is', async () => {
  expect(await asked([{ urls: 'stun:localhost:9' }])).toContain('localhost');
  expect(await asked([])).toEqual([]);
});
