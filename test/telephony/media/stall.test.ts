import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../core/clock.ts';
import { g711 } from '../../../telephony/media/g711.ts';
import { writeRtp } from '../../../telephony/media/rtp.ts';

const ulaw = g711('PCMU');
const folder = mkdtempSync(join(tmpdir(), 'throughline-stall-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Report {
  readonly packets: number;
  readonly heardMs: number;
  readonly recordedMs: number;
  readonly apart: readonly number[];
  readonly stamps: readonly number[];
}

let socket: Socket;
let child: ChildProcess;
let ports: { readonly rtp: number; readonly texts: number };
let lines: AsyncIterator<string>;
let sent = 0;
let began = 0;

beforeEach(async () => {
  sent = 0;
  socket = createSocket('udp4');
  child = spawn(process.execPath, [new URL('./stalled.ts', import.meta.url).pathname, join(folder, 'call.wav')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  ports = JSON.parse((await lines.next()).value as string);
  began = performance.now();
  onTestFinished(async () => {
    socket.close();
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
});

const send = (bytes: Uint8Array | string, port: number) =>
  new Promise<void>((resolve, reject) =>
    socket.send(bytes, port, '127.0.0.1', (error) => (error ? reject(error) : resolve())),
  );

/** So many packets of 20 ms, with the next timestamps. */
async function say(count: number, sample: number): Promise<void> {
  const payload = ulaw.encode(new Int16Array(160).fill(sample));
  for (let n = 0; n < count; n += 1) {
    const packet = { payloadType: 0, marker: sent === 0, sequence: sent, timestamp: sent * 160, ssrc: 9, payload };
    sent += 1;
    await send(writeRtp(packet), ports.rtp);
  }
}

/** The same, none before its time. */
async function pace(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    await sleep(Math.max(0, began + sent * 20 - performance.now()));
    await say(1, 0);
  }
}

const tasks = () => globSync(`/proc/${child.pid}/task/*/stat`);

/** Each of its threads stands still for so long while something is done. */
async function still(ms: number, act: () => Promise<void>): Promise<void> {
  child.kill('SIGSTOP');
  while (!tasks().every((stat) => / T /.test(readFileSync(stat, 'utf8')))) await sleep(1);
  await Promise.all([act(), sleep(ms)]);
  child.kill('SIGCONT');
}

async function report(): Promise<Report> {
  child.stdin!.write(`${sent}\n`);
  return JSON.parse((await lines.next()).value as string);
}

test('all that came while we stood still is heard, also of more than one reading of the socket', async () => {
  await pace(50);
  await still(2000, () => say(100, 8000));
  await pace(25);
  const { packets, heardMs, recordedMs } = await report();
  expect(packets).toBe(175);
  expect(heardMs).toBe(2000);
  expect(recordedMs).toBe(2000);
});

test('a call whose first packets we find waiting has its line of time from where they began', async () => {
  await still(2500, () => say(100, 8000));
  await pace(25);
  const { packets, heardMs, recordedMs, apart } = await report();
  expect(packets).toBe(125);
  expect(heardMs).toBe(2000);
  expect(recordedMs).toBe(2000);
  expect(apart.filter((ms) => Math.abs(ms) > 100)).toEqual([]);
});

test('a text that waited in its socket is not held to have come when we went on', async () => {
  await pace(25);
  let stopped = 0;
  await still(1000, async () => {
    stopped = systemClock.now();
    await send('here', ports.texts);
  });
  await pace(5);
  const { stamps } = await report();
  expect(stamps[0]! - stopped).toBeLessThan(500);
});
