import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeWav } from '../telephony/evidence/wav.ts';
import { babble } from '../telephony/speaking/babble.ts';
import type { Report } from './report.ts';
import type { Called, Calling } from './voice/caller.ts';
import { machine } from './voice/machine.ts';
import { baresip, type Callee, sippEcho } from './voice/peers.ts';
import { installed, watch } from './voice/wire.ts';

/** Who tells of rows, and of what is going on. */
interface Bench {
  readonly report: Report;
  say(words: string): void;
}

/** Calls in a process of their own; what they cost is that process alone: signalling, media thread, statistics, hearing. */
async function called(calling: Calling): Promise<Called & { readonly state: string }> {
  const script = join(import.meta.dirname, 'voice/caller.ts');
  const state = machine();
  const running = promisify(execFile)(process.execPath, [script, JSON.stringify(calling)]);
  const kill = () => running.child.kill('SIGKILL');
  process.once('exit', kill);
  const { stdout } = await running;
  process.off('exit', kill);
  return { ...(JSON.parse(stdout) as Called), state: state() };
}

const percent = (share: number) => 100 * share;

/** What calls cost, beside SIPp (an echo: it does nothing with what it hears) and baresip (with a jitter buffer, without our statistics). */
export default async function voice(report: Report, say: Bench['say']): Promise<void> {
  const bench = { report, say };
  // `-- --only=many,fast` while one works on them.
  const only = process.argv
    .find((word) => word.startsWith('--only='))
    ?.slice('--only='.length)
    .split(',');
  const wanted = ({ name }: { readonly name: string }) => only === undefined || only.includes(name);
  if (wanted(besideBaresip)) await besideBaresip(bench);
  const rows = [many, evenly, fast, hearing, recording].filter(wanted);
  if (rows.length === 0) return;
  await using peer = await sippEcho();
  if (!peer) return missing(bench, 'every figure beside SIPp', 'sip-tester');
  for (const row of rows) await row(bench, peer);
}

function missing({ report }: Bench, figure: string, name: string): void {
  const install = `sudo apt-get install --no-install-recommends ${name}`;
  report({ figure: `${figure}: ${install}`, value: Number.NaN, unit: '', holds: false });
}

/** The same hundred calls, one end ours and the other baresip's: both processes measured over the same seconds. */
async function besideBaresip(bench: Bench): Promise<void> {
  // baresip hangs up at the end of its file: two minutes outlast the calls.
  const spoken = babble('one two three four five six seven eight nine ten');
  const long = Int16Array.from({ length: 120 * 8000 }, (_, n) => spoken[n % spoken.length] ?? 0);
  await using peer = await baresip(writeWav({ rate: 8000, channels: [long] }));
  if (!peer) return missing(bench, 'CPU per call at 100 calls, below baresip', 'baresip-core');
  bench.say('100 calls with baresip');
  const calling = { target: peer.target, calls: 100, rate: 50, seconds: 15 };
  const [from, before] = [performance.now(), peer.cpu()];
  const { core, heard, answered, state } = await called(calling);
  const theirs = (peer.cpu() - before) / ((performance.now() - from) / 1000);
  bench.report({
    figure: `CPU per call at 100 calls: ours with signalling, statistics, speech (${heard} of ${answered} with sound; ${state})`,
    value: percent(core) / 100,
    unit: '% of a core',
    peer: 'baresip, with a jitter buffer, without statistics',
    peerValue: percent(theirs) / 100,
    goal: '≤ 0.2, below baresip',
    holds: percent(core) / 100 <= 0.2 && core < theirs && heard === 100,
  });
  if (!installed()) return;
  bench.say('the same on the wire');
  const wire = await watch(peer.media);
  const { state: watched } = await called({ ...calling, seconds: 8 });
  const { ours, theirs: paced } = await wire.end();
  bench.report({
    figure: `pacing on the wire at 100 calls, 99th of 100 of |gap − 20 ms| (${ours.packets} packets; ${watched})`,
    value: ours.p99,
    unit: 'ms',
    peer: 'baresip',
    peerValue: paced.p99,
  });
}

async function many({ report, say }: Bench, peer: Callee): Promise<void> {
  for (const calls of [500, 800]) {
    say(`${calls} calls with SIPp`);
    const { core, lateP99, lateMedian, heard, sent, skipped, setup, state } = await called({
      target: peer.target,
      calls,
      rate: 100,
      seconds: 15,
    });
    const stretch = calls > 500;
    // What was not sent cost nothing, and was not late.
    const whole = heard >= calls - 1 && skipped <= sent / 1000;
    const goal = (words: string, holds: boolean) => (stretch ? {} : { goal: words, holds: holds && whole });
    report({
      figure: `${stretch ? 'stretch: ' : ''}${calls} calls with media and statistics (${heard} with sound, ${skipped} packets skipped; ${state})`,
      value: percent(core),
      unit: '% of a core',
      ...goal('≤ 100', core <= 1),
    });
    report({
      figure: `${calls} calls: lateness of sending, 99th of 100 packets of the 99th of 100 calls (median call ${lateMedian.toFixed(2)} ms)`,
      value: lateP99,
      unit: 'ms',
      ...goal('< 5', lateP99 < 5),
    });
    report({ figure: `${calls} calls: INVITE to 200, 95th of 100`, value: setup[1], unit: 'ms' });
  }
}

/** What leaves, as another process sees it. */
async function evenly(bench: Bench, peer: Callee): Promise<void> {
  if (!installed()) return missing(bench, 'pacing on the wire at 200 calls', 'tshark');
  bench.say('200 calls with SIPp, on the wire');
  const wire = await watch(peer.media);
  const { heard, state } = await called({ target: peer.target, calls: 200, rate: 100, seconds: 10 });
  const { ours, theirs } = await wire.end();
  bench.report({
    figure: `pacing on the wire at 200 calls, 99th of 100 of |gap − 20 ms| (median ${ours.p50.toFixed(2)} ms, ${ours.streams} streams, ${ours.packets} packets; ${state})`,
    value: ours.p99,
    unit: 'ms',
    peer: "SIPp's echo of them",
    peerValue: theirs.p99,
    goal: '≤ 5',
    holds: ours.p99 <= 5 && ours.streams === 200 && heard === 200,
  });
}

async function fast({ report, say }: Bench, peer: Callee): Promise<void> {
  say('200 set-ups a second for 10 s');
  const { core, answered, heard, setup, state } = await called({
    target: peer.target,
    calls: 2000,
    rate: 200,
    seconds: 0,
  });
  report({
    figure: `200 call set-ups a second with sound, for 10 s: signalling and media (${answered} answered, ${heard} with sound of 2000; ${state})`,
    value: percent(core),
    unit: '% of a core',
    goal: '≤ 50',
    holds: core <= 0.5 && answered === 2000 && heard === 2000,
  });
  report({ figure: '200 call set-ups a second: INVITE to 200, 95th of 100', value: setup[1], unit: 'ms' });
}

async function hearing({ report, say }: Bench, peer: Callee): Promise<void> {
  say('100 calls, each with a prompt listened for');
  const { core, heard, state } = await called({
    target: peer.target,
    calls: 100,
    rate: 50,
    seconds: 15,
    hear: true,
  });
  report({
    figure: `CPU per call at 100 calls, each with a prompt listened for (${heard} with sound; ${state})`,
    value: percent(core) / 100,
    unit: '% of a core',
    goal: '≤ 0.6',
    holds: percent(core) / 100 <= 0.6 && heard === 100,
  });
}

async function recording({ report, say }: Bench, peer: Callee): Promise<void> {
  say('100 calls, both directions recorded');
  const folder = mkdtempSync(join(tmpdir(), 'throughline-recorded-'));
  try {
    const { core, heard, state } = await called({
      target: peer.target,
      calls: 100,
      rate: 50,
      seconds: 10,
      record: folder,
    });
    report({
      figure: `CPU per call at 100 calls, both directions recorded (${heard} with sound; ${state})`,
      value: percent(core) / 100,
      unit: '% of a core',
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
