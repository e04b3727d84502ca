import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeWav } from '../telephony/evidence/wav.ts';
import { babble } from '../telephony/speaking/babble.ts';
import type { Called, Calling } from './voice/caller.ts';
import { baresip, type Callee, sippEcho } from './voice/peers.ts';

interface Row {
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  readonly peer?: string;
  readonly peerValue?: number;
  readonly goal?: string;
  readonly holds?: boolean;
}

type Report = (row: Row) => void;

/** Calls in a process of their own; what they cost is that process alone: signalling, media thread, statistics, hearing. */
async function called(calling: Calling): Promise<Called> {
  const script = join(import.meta.dirname, 'voice/caller.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(calling)]);
  return JSON.parse(stdout) as Called;
}

const percent = (share: number) => 100 * share;

/** What calls cost, beside SIPp (an echo: it does nothing with what it hears) and baresip (with a jitter buffer, without our statistics). */
export default async function voice(report: Report): Promise<void> {
  await besideBaresip(report);
  {
    await using peer = await sippEcho(45_060);
    await many(report, peer);
    await fast(report, peer);
    await hearing(report, peer);
  }
}

/** The same hundred calls, one end ours and the other baresip's: both processes measured over the same seconds. */
async function besideBaresip(report: Report): Promise<void> {
  // baresip hangs up at the end of its file: two minutes outlast the calls.
  const spoken = babble('one two three four five six seven eight nine ten');
  const long = Int16Array.from({ length: 120 * 8000 }, (_, n) => spoken[n % spoken.length] ?? 0);
  const wav = writeWav({ rate: 8000, channels: [long] });
  const starting = baresip(46_060, wav);
  if (!starting) {
    report({
      figure: 'CPU per call at 100 calls: sudo apt-get install baresip-core',
      value: Number.NaN,
      unit: '% of a core',
      goal: '≤ 0.2, below baresip',
      holds: false,
    });
    return;
  }
  await using peer = await starting;
  const [from, before] = [performance.now(), peer.cpu()];
  const { core, heard, answered } = await called({
    target: peer.target,
    calls: 100,
    rate: 50,
    seconds: 15,
    hear: false,
  });
  const theirs = (peer.cpu() - before) / ((performance.now() - from) / 1000);
  report({
    figure: `CPU per call at 100 calls, statistics on (${heard} of ${answered} with sound)`,
    value: percent(core) / 100,
    unit: '% of a core',
    peer: 'baresip',
    peerValue: percent(theirs) / 100,
    goal: '≤ 0.2, below baresip',
    holds: percent(core) / 100 <= 0.2 && core < theirs && heard === 100,
  });
}

async function many(report: Report, peer: Callee): Promise<void> {
  const { core, lateP99, heard, skipped, setup } = await called({
    target: peer.target,
    calls: 500,
    rate: 100,
    seconds: 15,
    hear: false,
  });
  report({
    figure: `500 calls with media and statistics (${heard} with sound, ${skipped} packets skipped)`,
    value: percent(core),
    unit: '% of a core',
    goal: '≤ 100',
    holds: core <= 1 && heard >= 499,
  });
  report({
    figure: '500 calls: lateness of sending, 99th of 100 packets of the 99th of 100 calls',
    value: lateP99,
    unit: 'ms',
    goal: '< 5',
    holds: lateP99 < 5,
  });
  report({ figure: '500 calls: INVITE to 200, 95th of 100', value: setup[1], unit: 'ms' });
}

async function fast(report: Report, peer: Callee): Promise<void> {
  const { core, answered, heard } = await called({
    target: peer.target,
    calls: 2000,
    rate: 200,
    seconds: 0,
    hear: false,
  });
  report({
    figure: `200 call set-ups a second with sound, for 10 s (${answered} answered, ${heard} with sound of 2000)`,
    value: percent(core),
    unit: '% of a core',
    goal: '≤ 50',
    holds: core <= 0.5 && answered === 2000,
  });
}

async function hearing(report: Report, peer: Callee): Promise<void> {
  const { core, heard } = await called({ target: peer.target, calls: 100, rate: 50, seconds: 15, hear: true });
  report({
    figure: `CPU per call at 100 calls, each with a prompt listened for (${heard} with sound)`,
    value: percent(core) / 100,
    unit: '% of a core',
    goal: '≤ 0.6',
    holds: percent(core) / 100 <= 0.6 && heard === 100,
  });
}
