import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { discover } from '../../core/discover.ts';
import type { Driver } from '../../core/driver.ts';
import { Secrets } from '../../core/secrets.ts';
import { walkText } from '../kit/stage.ts';
import { digitsOf, telephone } from '../kit/telephone.ts';
import { fields, rtpStreams } from '../peers/tshark.ts';

test('tshark reads signalling, sound and keys out of the pcap of a call; secret keys and credentials are not in it', async () => {
  const drivers = await discover<Driver>(new URL('../../drivers/', import.meta.url));
  const root = mkdtempSync(join(tmpdir(), 'throughline-pcap-'));
  const heard = Promise.withResolvers<string>();
  await using peer = await telephone(async (call, { speech }) => {
    call.signalling.answer();
    call.media.play(await speech('One two three.'), { loop: true }).catch(() => undefined);
    heard.resolve(await digitsOf(call, 6, AbortSignal.timeout(60_000)));
  });
  const secrets = new Secrets();
  secrets.add(['4711']);
  const { status } = await walkText(
    `title: a call with a secret
steps:
  - voice.dial: { to: ivr, headers: { Authorization: 'Digest username="bob", response="0123cafe"' } }
  - voice.press: { digits: "20", over: true }
  - voice.press: { digits: "4711", over: true }
  - voice.hear-speech:
  - voice.hang-up:
`,
    {
      drivers,
      world: { root, secrets },
      settings: { names: { ivr: peer.address }, pcap: true },
    },
  );
  expect(status).toBe('passed');
  expect(await heard.promise).toBe('204711');
  const [file = '', other] = globSync('**/*.pcap', { cwd: root }).map((path) => join(root, path));
  expect(other).toBeUndefined();
  const methods = await fields(file, 'sip', ['sip.Method', 'sip.Status-Code']);
  expect(methods.map(([method, code]) => method || code)).toEqual(
    expect.arrayContaining(['INVITE', '200', 'ACK', 'BYE']),
  );
  const streams = await rtpStreams(file);
  expect(streams.map(({ codec }) => codec)).toEqual(
    expect.arrayContaining([expect.stringContaining('g711U'), expect.stringContaining('telephone-event')]),
  );
  expect(streams.every(({ lost }) => lost === 0)).toBe(true);
  const keys = await fields(file, 'rtpevent', ['rtpevent.event_id']);
  expect(new Set(keys.flat())).toEqual(new Set(['2', '0', '255']));
  const text = readFileSync(file, 'latin1');
  expect(text).toContain('Authorization: Digest masked');
  expect(text).not.toContain('0123cafe');
  rmSync(root, { recursive: true });
});
