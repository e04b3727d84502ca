import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ok, pause, recv, reply, replySdp, sipp } from '../test/peers/sipp.ts';
import { capture, fields } from '../test/peers/tshark.ts';
import type { Report } from './report.ts';
import { machine } from './voice/machine.ts';
import type { CallTimes, Timed } from './wire/caller.ts';

const calls = 80;
const keys = '159';

/** One interval of a call: as the call tells it, and as the wire has it, ms. */
interface Interval {
  readonly name: string;
  readonly said: number;
  readonly was: number;
}

/** The times that calls tell beside those that the kernel gave their packets, with the main thread at rest and at work. */
export default async function wire(report: Report, say: (words: string) => void): Promise<void> {
  const missing = ['sipp', 'tshark'].find((program) => !existsSync(`/usr/bin/${program}`));
  if (missing !== undefined)
    return report({
      figure: `every figure beside tshark: ${missing} is not installed`,
      value: Number.NaN,
      unit: '',
      holds: false,
    });
  for (const busy of [0, 20]) {
    const words = busy > 0 ? `, our main thread busy for ${busy} of every 100 ms` : '';
    say(`${calls} calls with SIPp, on the wire${words}`);
    const state = machine();
    const all = await measured({ calls, rate: 5, keys, busy });
    const now = state();
    for (const [name = '', intervals = []] of Map.groupBy(all, (one) => one.name)) {
      const off = intervals.map(({ said, was }) => Math.abs(said - was)).toSorted((a, b) => a - b);
      const at = (share: number) => off[Math.floor((off.length - 1) * share)] ?? Number.NaN;
      report({
        figure: `${name}: ours against tshark's, 95th of 100${words} (${off.length} measured, median ${at(0.5).toFixed(2)} ms, worst ${at(1).toFixed(2)} ms; ${now})`,
        value: at(0.95),
        unit: 'ms',
        goal: '≤ 5',
        holds: at(0.95) <= 5,
      });
    }
  }
}

const waits = '<pause distribution="uniform" min="20" max="220"/>';

async function measured(timed: Omit<Timed, 'target'>): Promise<readonly Interval[]> {
  const answers = [recv('INVITE'), waits, reply('180 Ringing'), waits, replySdp('200 OK'), recv('ACK')];
  await using peer = await sipp([...answers, recv('BYE'), ok(), pause(100)], {
    calls: timed.calls,
    extra: ['-rtp_echo'],
  });
  await using wire = await capture();
  const settings: Timed = { ...timed, target: `sip:service@127.0.0.1:${peer.port}` };
  const running = promisify(execFile)(process.execPath, [
    join(import.meta.dirname, 'wire/caller.ts'),
    JSON.stringify(settings),
  ]);
  const kill = () => running.child.kill('SIGKILL');
  process.once('exit', kill);
  const { stdout } = await running;
  process.off('exit', kill);
  const file = await wire.stop();
  const seen: Seen = {
    messages: await fields(file, 'sip', ['frame.time_epoch', 'sip.Call-ID', 'sip.Method', 'sip.Status-Code']),
    packets: await fields(file, 'rtp', ['frame.time_epoch', 'udp.dstport']),
    keys: await fields(file, 'rtpevent', ['frame.time_epoch', 'udp.srcport', 'udp.dstport', 'rtp.timestamp']),
  };
  return (JSON.parse(stdout) as readonly CallTimes[]).flatMap((call) => intervals(call, seen));
}

/** What tshark read, in columns. */
interface Seen {
  readonly messages: readonly string[][];
  readonly packets: readonly string[][];
  readonly keys: readonly string[][];
}

/** Within one call, so that the clocks of both have no time to part. */
function intervals(call: CallTimes, seen: Seen): readonly Interval[] {
  const message = (method: string, status: string) =>
    1000 * Number(seen.messages.find(([, id, m, s]) => id === call.callId && m === method && s === status)?.[0]);
  const port = String(call.port);
  const [invite, answer] = [message('INVITE', ''), message('', '200')];
  // A port may have been that of an earlier call.
  const later = ([at]: readonly string[]) => 1000 * Number(at) >= answer;
  const first = 1000 * Number(seen.packets.find((row) => row[1] === port && later(row))?.[0]);
  const begun = (side: 1 | 2) => {
    const own = seen.keys.filter((row) => row[side] === port && later(row));
    return [...Map.groupBy(own, (row) => row[3]).values()].map(([row]) => 1000 * Number(row?.[0]));
  };
  const [out, back] = [begun(1), begun(2)];
  const key = (name: string, said: readonly number[], was: readonly number[]) =>
    said.map((at, n) => ({ name, said: at - call.firstPacket, was: (was[n] ?? Number.NaN) - first }));
  return [
    { name: 'INVITE to 180', said: call.ringing - call.invited, was: message('', '180') - invite },
    { name: 'INVITE to 200', said: call.answered - call.invited, was: answer - invite },
    { name: '200 to first RTP', said: call.firstPacket - call.answered, was: first - answer },
    ...key('first RTP to each key sent', call.pressed, out),
    ...key('first RTP to each key heard', call.heard, back),
  ];
}
