import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { readWav } from '../../telephony/evidence/wav.ts';
import { MediaThread } from '../../telephony/media/thread.ts';
import { sines } from '../../telephony/media/tones.ts';
import type { WebEngine } from '../../telephony/media/web-wire.ts';
import { WebNegotiation } from '../../telephony/web-negotiation.ts';

/** ms of it that are not silence. */
const sounding = (samples: Int16Array) => samples.filter((sample) => Math.abs(sample) > 300).length / 8;

test.each<WebEngine>(['werift', 'wrtc', 'browser'])(
  'what an agent says by %s the moment it has answered waits for ICE and DTLS: nothing of it is lost',
  async (engine) => {
    const folder = mkdtempSync(join(tmpdir(), 'throughline-said-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const record = join(folder, 'heard.wav');
    await using thread = new MediaThread();
    await thread.warm(engine);
    const at = { host: '127.0.0.1', codecs: ['PCMU'], web: { servers: [], engine } };
    const [customer, agent] = await Promise.all([thread.open({ ...at, record }), thread.open(at)]);
    const [asks, answers] = [0, 1].map(() => new WebNegotiation({ codecs: ['PCMU'], engine })) as [
      WebNegotiation,
      WebNegotiation,
    ];
    await asks.attach(customer);
    await answers.attach(agent, asks.offer());
    const answer = answers.answer(asks.offer());
    const played = agent.play(sines([440], 500, -10));
    // The answer is on its way so long.
    await sleep(300);
    asks.accept(answer);
    expect(await played).toMatchObject({ cut: false });
    await expect.poll(async () => (await customer.figures()).received.packets).toBeGreaterThanOrEqual(25);
    await Promise.all([customer.close(), agent.close()]);
    const [heard = new Int16Array()] = readWav(readFileSync(record)).channels;
    expect(sounding(heard)).toBeGreaterThan(440);
  },
);
