import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Event } from '../../core/event.ts';
import { Secrets } from '../../core/secrets.ts';
import { redactFile } from '../../drivers/web/trace.ts';

const secret = `it's "4&b"<é> +/ok`;

function knowing(...values: string[]): Secrets {
  const secrets = new Secrets();
  secrets.add(values);
  return secrets;
}

const written: Readonly<Record<string, string>> = {
  plain: secret,
  'in an address': encodeURIComponent(secret),
  'in an address, in small letters': encodeURIComponent(secret).toLowerCase(),
  'in a form': new URLSearchParams({ pin: secret }).toString(),
  'in JSON': JSON.stringify({ pin: secret }),
  'in JSON within JSON': JSON.stringify({ body: JSON.stringify({ pin: secret }) }),
  'in a page': `<p>it's "4&amp;b"&lt;é&gt; +/ok</p>`,
  'in an attribute': `<input value="it's &quot;4&amp;b&quot;&lt;é&gt; +/ok">`,
  'in a page, with its apostrophe escaped': '<p>it&#39;s &quot;4&amp;b&quot;&lt;é&gt; +/ok</p>',
  'in hex': Buffer.from(secret).toString('hex'),
};

describe('a secret', () => {
  test.each(Object.entries(written))('is covered %s', (_, text) => {
    const told = knowing(secret).text(text);
    expect(told).toContain('•••');
    expect(told).not.toContain('4');
  });

  test.each(['', 'a', 'ab', 'abc', 'user:'])('is covered in base64 after “%s”', (before) => {
    for (const encoding of ['base64', 'base64url'] as const) {
      const text = Buffer.from(`${before}${secret}, and more`).toString(encoding);
      const [left = '', right = ''] = knowing(secret).text(text).split('•••');
      expect(right).not.toBe('');
      expect(Buffer.from(left, 'base64').toString()).not.toContain(secret.slice(0, 2));
      expect(left.length).toBeLessThanOrEqual(Math.ceil((before.length * 4) / 3) + 1);
    }
  });

  test('of a few digits is covered as a number only where others wrote it', () => {
    const event = {
      type: 'step.ended',
      ms: 4821,
      details: { pin: 4821, deep: [{ ms: 4821 }], other: 48210 },
      title: 'PIN 4821',
    } as unknown as Event;
    expect(knowing('4821').event(event)).toEqual({
      type: 'step.ended',
      ms: 4821,
      details: { pin: '•••', deep: [{ ms: '•••' }], other: 48210 },
      title: 'PIN •••',
    });
  });

  test('of two characters is too short to be told from chance', () => {
    expect(knowing('42').text('42 calls')).toBe('42 calls');
  });
});

describe('a kept file', () => {
  function folder(): string {
    const path = mkdtempSync(join(tmpdir(), 'throughline-secrets-'));
    onTestFinished(() => rmSync(path, { recursive: true, force: true }));
    return path;
  }

  test('stays a trace that can be opened: numbers, resource names and pictures as they were', () => {
    const path = join(folder(), 'trace.zip');
    const name = `${'4821'.padStart(40, 'a')}.html`;
    const picture = new Uint8Array([0xff, 0xd8, 0, 0x34, 0x38, 0x32, 0x31]);
    const lines = [{ time: 1_748_213.4821, sha1: name, value: 'typed 4821' }, { params: { body: '{"pin":"4821"}' } }];
    writeFileSync(
      path,
      zipSync({
        'trace.trace': strToU8(lines.map((line) => JSON.stringify(line)).join('\n')),
        [`resources/${name}`]: strToU8('<p>PIN 4821</p>'),
        'resources/answer.json': strToU8('{"pin":4821,"at":48210}'),
        'resources/picture.jpeg': picture,
      }),
    );
    const secrets = knowing('4821');
    redactFile(path, secrets.values(), (text) => secrets.text(text));
    const files = unzipSync(readFileSync(path));
    const trace = strFromU8(files['trace.trace'] ?? new Uint8Array())
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(trace).toEqual([
      { time: 1_748_213.4821, sha1: name, value: 'typed •••' },
      { params: { body: '{"pin":"•••"}' } },
    ]);
    expect(strFromU8(files[`resources/${name}`] ?? new Uint8Array())).toBe('<p>PIN •••</p>');
    expect(strFromU8(files['resources/answer.json'] ?? new Uint8Array())).toBe('{"pin":"•••","at":48210}');
    expect(files['resources/picture.jpeg']).toEqual(picture);
  });

  test('stays a HAR that can be read', () => {
    const path = join(folder(), 'walk.har');
    writeFileSync(
      path,
      JSON.stringify({ log: { entries: [{ time: 48.21, started: 4821, url: '/sign-in?pin=4821' }] } }),
    );
    const secrets = knowing('4821');
    redactFile(path, secrets.values(), (text) => secrets.text(text));
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
      log: { entries: [{ time: 48.21, started: 4821, url: '/sign-in?pin=•••' }] },
    });
  });
});
