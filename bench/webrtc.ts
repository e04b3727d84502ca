import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '../core/clock.ts';
import { seeded } from '../core/random.ts';
import { MediaThread } from '../telephony/media/thread.ts';
import { Phone } from '../telephony/phone.ts';
import { babble } from '../telephony/speaking/babble.ts';
import { kamailio } from '../test/peers/kamailio.ts';
import { rtpengine } from '../test/peers/rtpengine.ts';
import type { Report } from './report.ts';
import type { Called, Calling } from './webrtc/caller.ts';

/** One in ten for who develops: `npm run bench webrtc -- --quick`. */
const share = process.argv.includes('--quick') ? 0.1 : 1;

async function called(calling: Calling): Promise<Called> {
  const script = join(import.meta.dirname, 'webrtc/caller.ts');
  const running = promisify(execFile)(process.execPath, [script, JSON.stringify(calling)]);
  running.child.stderr?.pipe(process.stderr);
  const { stdout } = await running;
  return JSON.parse(stdout) as Called;
}

/** WebRTC over WebSocket to Kamailio, rtpengine between it and plain RTP, a phone of ours at the far end; every call speaks and is heard. */
export default async function webrtc(report: Report): Promise<void> {
  await using relay = await rtpengine();
  await using proxy = await kamailio({ media: relay.port });
  await using media = new MediaThread();
  await using bob = await Phone.open(
    {
      user: 'bob',
      server: `127.0.0.1:${proxy.ports.sip}`,
      domain: '127.0.0.1',
      codecs: ['PCMU'],
      digits: true,
      account: { user: 'bob', password: 'pw-bob' },
    },
    { clock: systemClock, random: seeded(2), media },
  );
  const sound = babble('eleven twelve thirteen fourteen fifteen');
  let far = 0;
  bob.onCall(
    (call) => {
      try {
        call.signalling.answer();
      } catch (error) {
        process.stderr.write(`${String(error)}\n`);
        call.signalling.reject(488);
        return;
      }
      call.media.play(sound, { loop: true }).catch(() => undefined);
      call.media.on((event) => {
        if (event.type === 'first-packet') far += 1;
      });
      call
        .until((event): event is typeof event => event.type === 'ended', 0, AbortSignal.timeout(60_000))
        .then(
          () => call.close(),
          () => call.close(),
        );
    },
    (error) => {
      process.stderr.write(`${String(error)}\n`);
    },
  );
  await using _ = await bob.register();
  const to = { server: `ws://127.0.0.1:${proxy.ports.ws}/`, target: 'bob', codecs: ['PCMU'] } as const;
  for (const [engine, all, atOnce] of [
    ['werift', 3000, 6],
    ['wrtc', 300, 6],
    ['browser', 30, 3],
  ] as const) {
    const calls = Math.round(all * share);
    far = 0;
    const { answered, heard, setup, seconds, cpu, troubles } = await called({ ...to, engine, calls, atOnce });
    for (const [words, count] of Object.entries(troubles)) process.stderr.write(`${count} of ${calls}: ${words}\n`);
    report({
      figure: `WebRTC calls with sound both ways, ${engine} (of ${calls}; ${answered} answered, ${far} heard at the far end, ${seconds.toFixed(0)} s)`,
      value: heard,
      unit: 'calls',
      goal: `${calls}`,
      holds: heard === calls && far >= calls,
    });
    const [p50, p95, p99] = setup;
    report({
      figure: `WebRTC set-up, dialled to first packet, ${engine}, 95th of 100 (median ${p50.toFixed(0)}, 99th ${p99.toFixed(0)} ms)`,
      value: p95,
      unit: 'ms',
      ...(engine === 'werift' ? { goal: '< 500', holds: p95 < 500 } : {}),
    });
    report({
      figure: `CPU of one WebRTC call of ${((seconds * atOnce) / calls).toFixed(2)} s, ${engine}, in the process of Node`,
      value: (1000 * cpu) / calls,
      unit: 'ms',
    });
  }
}
