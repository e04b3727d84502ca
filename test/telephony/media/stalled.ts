// A process with one media leg and one UDP socket for texts, which a test stops and lets go on: tells its ports, then, once it has as many packets as it is told, all that it heard.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { readWav } from '../../../telephony/evidence/wav.ts';
import { chunks } from '../../../telephony/media/leg.ts';
import type { HeardChunk } from '../../../telephony/media/tap.ts';
import { MediaThread } from '../../../telephony/media/thread.ts';

const tell = (told: unknown) => process.stdout.write(`${JSON.stringify(told)}\n`);
const record = process.argv[2] ?? '';
const media = new MediaThread();
const leg = await media.open({ host: '127.0.0.1', record });
const stamps: number[] = [];
const ears = { message: (_text: string, _from: unknown, at: number) => void stamps.push(at), lost: () => undefined };
const box = await media.datagrams({ host: '127.0.0.1', port: 0 }, ears);
const heard: HeardChunk[] = [];
const tap = leg.tap(0);
const listening = (async () => {
  for await (const chunk of chunks(tap)) heard.push(chunk);
})();
tell({ rtp: leg.local.port, texts: box.port });
const [count] = await once(createInterface({ input: process.stdin }), 'line');
while ((await leg.figures()).received.packets < Number(count)) await sleep(20);
const { statistics } = await leg.close();
await listening;
const loud = (samples: Int16Array) => samples.filter((sample) => Math.abs(sample) > 1000).length / 8;
const [left] = readWav(readFileSync(record)).channels;
tell({
  packets: statistics.received.packets,
  heardMs: heard.reduce((sum, { samples }) => sum + loud(samples), 0),
  recordedMs: loud(left!),
  /** Where each chunk lies on the line of time, beside where the sound before it ended. */
  apart: heard.slice(1).map(({ at }, n) => Math.round(at - heard[n]!.at - heard[n]!.samples.length / 8)),
  stamps,
});
await media[Symbol.asyncDispose]();
process.exit(0);
