import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How evenly packets left, by the kernel's clock on the wire: ms of |gap − 20| between packets that follow each other. */
export interface Pacing {
  readonly streams: number;
  readonly packets: number;
  readonly p50: number;
  readonly p99: number;
}

const dumpcap = '/usr/bin/dumpcap';
export const installed = (): boolean => existsSync(dumpcap) && existsSync('/usr/bin/tshark');

export interface Wire {
  readonly ours: Pacing;
  readonly theirs: Pacing;
}

/** Watches the loopback from outside, as the capturing half of tshark: packets to and from a peer's ports. */
export async function watch([first, last]: readonly [number, number]): Promise<{ end(): Promise<Wire> }> {
  const folder = mkdtempSync(join(tmpdir(), 'throughline-wire-'));
  const file = join(folder, 'rtp.pcapng');
  const child = spawn(
    dumpcap,
    ['-i', 'lo', '-B', '64', '-s', '80', '-f', `udp portrange ${first}-${last}`, '-w', file],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const stop = () => child.kill('SIGKILL');
  process.once('exit', stop);
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (words) => String(words).includes('File:') && resolve());
    child.on('exit', (code) => reject(new Error(`dumpcap cannot capture on lo (exit ${code}): run as root`)));
  });
  return {
    async end() {
      const closed = child.exitCode === null ? once(child, 'exit') : undefined;
      child.kill('SIGINT');
      await closed;
      process.off('exit', stop);
      try {
        return wire(file, (port) => port >= first && port <= last);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

function wire(file: string, isTheirs: (port: number) => boolean): Wire {
  const fields = ['-e', 'frame.time_epoch', '-e', 'udp.srcport', '-e', 'udp.payload'];
  const read = spawnSync('/usr/bin/tshark', ['-r', file, '-n', '-T', 'fields', ...fields], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  if (read.status !== 0) throw new Error(`tshark cannot read its capture: ${read.stderr}`);
  const [ours, theirs] = [new Gaps(), new Gaps()];
  for (const line of read.stdout.split('\n')) {
    const [time, port, payload] = line.split('\t');
    // RTP of version 2 with the payload of PCMU; reports and digits keep another pace.
    if (!payload || !/^80[08]0/.test(payload)) continue;
    const stream = `${port} ${payload.slice(16, 24)}`;
    const sequence = Number.parseInt(payload.slice(4, 8), 16);
    (isTheirs(Number(port)) ? theirs : ours).packet(stream, sequence, Number(time) * 1000);
  }
  return { ours: ours.pacing(), theirs: theirs.pacing() };
}

class Gaps {
  readonly #last = new Map<string, { readonly at: number; readonly sequence: number }>();
  readonly #off: number[] = [];
  #packets = 0;

  packet(stream: string, sequence: number, at: number): void {
    this.#packets += 1;
    const before = this.#last.get(stream);
    if (before && ((before.sequence + 1) & 0xffff) === sequence) this.#off.push(Math.abs(at - before.at - 20));
    this.#last.set(stream, { at, sequence });
  }

  pacing(): Pacing {
    const off = this.#off.toSorted((a, b) => a - b);
    const percentile = (share: number) => off[Math.floor((off.length - 1) * share)] ?? Number.NaN;
    return { streams: this.#last.size, packets: this.#packets, p50: percentile(0.5), p99: percentile(0.99) };
  }
}
