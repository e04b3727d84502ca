import { describe, expect, onTestFinished, test } from 'vitest';
import type { Call } from '../../telephony/call.ts';
import { Project } from '../kit/project.ts';
import { type Telephone, telephone } from '../kit/telephone.ts';
import { recv, reply, sipp } from '../peers/sipp.ts';

function project(): Project {
  const made = new Project();
  onTestFinished(() => made[Symbol.dispose]());
  return made;
}

async function talks(call: Call, { speech }: Telephone): Promise<void> {
  call.signalling.answer([]);
  await call.media.play(await speech('welcome to the bank, how can we help you today'), { loop: true });
}

interface Finding {
  readonly of: string;
  readonly mark: string;
  readonly text: string;
  readonly next?: string;
}

const findings = (out: string) =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Finding);

/** Answers OPTIONS, a call by itself to SIPp, and what comes after it. */
const pbx = (then: readonly string[]) => [
  recv('OPTIONS', 'optional="true" next="1"'),
  ...then,
  '<label id="1"/>',
  reply('200 OK', ['Server: FPBX']),
  '<label id="2"/>',
];

describe('throughline voice probe', () => {
  test('reads a good call from OPTIONS to BYE', async () => {
    await using ivr = await telephone(talks);
    const { code, out, err } = await project().run(['voice', 'probe', ivr.address, '--seconds', '3', '--json']);
    expect(err).toBe('');
    const found = findings(out);
    expect(found.filter(({ mark }) => mark !== 'good')).toEqual([]);
    expect(found.map(({ of }) => of)).toEqual([
      'here',
      'options',
      'nat',
      'call',
      'codecs',
      'sound',
      'quality',
      'speech',
      'hang-up',
    ]);
    expect(found.find(({ of }) => of === 'codecs')?.text).toMatch(
      /we offered PCMU, PCMA, G722, digits by RFC 4733; they took PCMU, PCMA, digits/,
    );
    expect(code).toBe(0);
  });

  test('takes no port of a connection for a translated one, and misses no digits that were not offered', async () => {
    await using ivr = await telephone(talks, { transport: 'tcp' });
    const given = project();
    const trunk = `{ server: "127.0.0.1:${ivr.phone.local.port}", transport: tcp, dtmf: info }`;
    given.write('config/pbx.yaml', `voice: { trunks: { pbx: ${trunk} } }\n`);
    const { code, out } = await given.run(['voice', 'probe', '600', '--env', 'pbx', '--seconds', '3', '--json']);
    const found = findings(out);
    expect(found.filter(({ mark }) => mark !== 'good')).toEqual([]);
    expect(found.find(({ of }) => of === 'nat')?.text).toBe(
      'no translation: the server sees us at 127.0.0.1, as we do',
    );
    expect(code).toBe(0);
  });

  test('says what a silent call lacks, and what to do', async () => {
    await using ivr = await telephone(async (call) => {
      await call.media.close();
      call.signalling.answer([]);
    });
    const { code, out } = await project().run(['voice', 'probe', ivr.address, '--seconds', '3']);
    expect(out).toMatch(/✕ sound {5}the call was answered and no audio came.*\n +next: .*rtp_symmetric/);
    expect(code).toBe(1);
  });

  test.each([
    ['403 Forbidden', /403 Forbidden\n +next: .*list/],
    ['486 Busy Here', /486 Busy Here\n +next: .*busy/],
    ['488 Not Acceptable Here', /488 Not Acceptable Here\n +next: .*PCMU/],
  ])('%s gets its advice', async (status, said) => {
    await using peer = await sipp(pbx([recv('INVITE'), reply(status), recv('ACK', 'next="2"')]), { calls: 2 });
    const { code, out } = await project().run(['voice', 'probe', `sip:600@127.0.0.1:${peer.port}`]);
    expect(out).toContain('it is FPBX');
    expect(out).toMatch(said);
    expect(code).toBe(1);
  });

  test('a password that is asked for and not there', async () => {
    const challenge = 'WWW-Authenticate: Digest realm="pbx", nonce="abc", algorithm=MD5';
    await using peer = await sipp(pbx([recv('REGISTER'), reply('401 Unauthorized', [challenge], 'next="2"')]), {
      calls: 2,
    });
    const given = project();
    given.write(
      'config/pbx.yaml',
      `voice: { trunks: { pbx: { server: "127.0.0.1:${peer.port}", user: "1001", register: true } } }\n`,
    );
    const { code, out } = await given.run(['voice', 'probe', '--env', 'pbx']);
    expect(out).toMatch(/✕ register {2}REGISTER: 401: a password is asked for.*\n +next: .*auth/);
    expect(code).toBe(1);
  });

  test('nobody there is not good', async () => {
    const { code, out } = await project().run(['voice', 'probe', 'sip:127.0.0.1:9']);
    expect(out).toMatch(/did not answer OPTIONS|refused/);
    expect(code).toBe(1);
  });

  test.each([
    [['voice'], /voice does what\?\n.*probe/],
    [['voice', 'probe'], /no server to ask\n.*server/],
    [['voice', 'probe', 'sip:x@127.0.0.1', '--transport', 'pigeon'], /--transport: .*udp/],
    [['voice', 'probe', '--trunk', 'main'], /no trunk and no agent `main`/],
  ])('%j is refused with the way out', async (args, said) => {
    const { code, err } = await project().run(args);
    expect(err).toMatch(said);
    expect(code).toBe(2);
  });
});

describe('throughline init --voice', () => {
  test('leads to a first call on the PBX that was named', async () => {
    await using ivr = await telephone(talks);
    const mine = project();
    const server = `127.0.0.1:${ivr.phone.local.port}`;
    const made = await mine.run(['init', '--voice', '--server', server, '--number', '600']);
    expect(made.out).toContain('next: throughline voice probe front-desk --env pbx');
    const probed = await mine.run(['voice', 'probe', 'front-desk', '--env', 'pbx', '--seconds', '3']);
    expect(probed.out).toContain('✓ hang-up');
    const { code, out, err } = await mine.run(['run', 'journeys/voice', '--env', 'pbx']);
    expect(err).toBe('');
    expect(out).toContain('1 passed');
    expect(code).toBe(0);
    const again = await mine.run(['init', '--voice']);
    expect(again.err).toMatch(/are there already\n.*--force/);
  });
});
