import { execFile, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const program = '/usr/bin/tshark';

function present(): void {
  if (!existsSync(program))
    throw new Error('tshark is not installed: sudo apt-get install --no-install-recommends tshark');
}

/** What tshark reads of a capture: one row a packet, one column a field; names as Wireshark has them. */
export async function fields(file: string, filter: string, names: readonly string[]): Promise<string[][]> {
  present();
  const columns = names.flatMap((name) => ['-e', name]);
  const args = ['-r', file, '-Y', filter, '-T', 'fields', '-E', 'separator=|', ...columns];
  const { stdout } = await promisify(execFile)(program, args, { maxBuffer: 64e6 });
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.split('|')]));
}

/** One stream of RTP, as `rtp,streams` counts it. */
export interface RtpStream {
  readonly ssrc: number;
  readonly to: number;
  readonly codec: string;
  readonly packets: number;
  readonly lost: number;
  /** ms */
  readonly meanJitter: number;
  readonly maxJitter: number;
}

export async function rtpStreams(file: string): Promise<readonly RtpStream[]> {
  present();
  const { stdout } = await promisify(execFile)(program, ['-r', file, '-q', '-z', 'rtp,streams'], { maxBuffer: 64e6 });
  const row =
    /^\s*[\d.]+\s+[\d.]+\s+\S+\s+\d+\s+\S+\s+(\d+)\s+0x([0-9A-F]+)\s+(.+?)\s+(\d+)\s+(-?\d+) \(\S+%\)\s+(.*?)\s*X?$/;
  return stdout.split('\n').flatMap((line): RtpStream[] => {
    const found = row.exec(line);
    if (!found) return [];
    const [, to, ssrc = '', codec = '', packets, lost, rest = ''] = found;
    // Deltas and jitters, each least, mean and most.
    const times = rest.split(/\s+/).map(Number);
    const [meanJitter = Number.NaN, maxJitter = Number.NaN] = times.slice(4, 6);
    return [
      {
        ssrc: Number.parseInt(ssrc, 16),
        to: Number(to),
        codec,
        packets: Number(packets),
        lost: Number(lost),
        meanJitter,
        maxJitter,
      },
    ];
  });
}

export interface Capture extends AsyncDisposable {
  /** Ends it, and names the file. */
  stop(): Promise<string>;
}

/** It says that it captures some time before it does, and forgets at the end what it has not written: packets are sent until they come to be. */
async function writes(file: string, ended: () => string | undefined): Promise<void> {
  const socket = createSocket('udp4');
  try {
    for (let size: number | undefined; ; ) {
      const why = ended();
      if (why !== undefined) throw new Error(`tshark does not capture: ${why}`);
      socket.send('are you there', 9, '127.0.0.1');
      await new Promise((resolve) => setTimeout(resolve, 20));
      const now = existsSync(file) ? statSync(file).size : 0;
      if (size !== undefined && now > size) return;
      if (now > 0) size ??= now;
    }
  } finally {
    socket.close();
  }
}

/** Captures what goes over loopback by UDP; root may. */
export async function capture(): Promise<Capture> {
  present();
  const folder = mkdtempSync(join(tmpdir(), 'throughline-tshark-'));
  const file = join(folder, 'wire.pcapng');
  const child = spawn(program, ['-i', 'lo', '-f', 'udp', '-B', '32', '-q', '-w', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  const began = Promise.withResolvers<void>();
  child.stderr.on('data', (chunk: Buffer) => {
    said += String(chunk);
    if (/Capturing on/.test(said)) began.resolve();
  });
  child.on('exit', () => began.reject(new Error(`tshark does not capture: ${said}`)));
  await began.promise;
  const ended = () => ((child.exitCode ?? child.signalCode) === null ? undefined : said);
  await writes(file, ended);
  const stop = async () => {
    if (ended() === undefined) {
      await writes(file, ended);
      const exit = once(child, 'exit');
      child.kill('SIGINT');
      await exit;
    }
    return file;
  };
  return {
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
