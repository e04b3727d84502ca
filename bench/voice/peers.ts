import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Somebody to call, as a process of its own. */
export interface Callee extends AsyncDisposable {
  readonly target: string;
  /** First and last port of its sound. */
  readonly media: readonly [number, number];
  /** s of processor time so far, all threads. */
  cpu(): number;
}

/** Linux counts processor time in these, however long its ticks are (USER_HZ). */
const perSecond = 100;

const bound = (port: number) =>
  readFileSync('/proc/net/udp', 'utf8').includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} `);

/** So many UDP ports in a row that nobody has; even. */
async function freePorts(count: number): Promise<number> {
  for (let tries = 0; tries < 50; tries += 1) {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const first = socket.address().port & ~1;
    socket.close();
    if (first + count < 65_536 && !Array.from({ length: count }, (_, n) => first + n).some(bound)) return first;
  }
  throw new Error(`no ${count} free UDP ports in a row`);
}

async function started(
  child: ChildProcess,
  { port, folder, media }: { port: number; folder?: string; media: Callee['media'] },
): Promise<Callee> {
  const kill = () => child.kill('SIGKILL');
  // Whatever ends this process, its peers end with it.
  process.once('exit', kill);
  for (let tries = 0; !bound(port); tries += 1) {
    if (child.exitCode !== null || tries > 200) throw new Error(`${child.spawnfile} does not listen on ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return {
    media,
    target: `sip:service@127.0.0.1:${port}`,
    cpu: () => {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      return (Number(fields[11]) + Number(fields[12])) / perSecond;
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null) {
        const closed = once(child, 'close');
        kill();
        await closed;
      }
      process.off('exit', kill);
      if (folder) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** SIPp answers every call and echoes its sound; undefined where it is not installed. */
export async function sippEcho(): Promise<Callee | undefined> {
  if (!existsSync('/usr/bin/sipp')) return undefined;
  const port = await freePorts(8);
  const media = port + 2;
  const args = ['-sn', 'uas', '-i', '127.0.0.1', '-p', String(port), '-mp', String(media), '-rtp_echo', '-nostdin'];
  return started(spawn('/usr/bin/sipp', args, { stdio: 'ignore' }), { port, media: [media, media] });
}

/** baresip answers every call and plays a file; undefined where it is not installed. */
export async function baresip(wav: Uint8Array): Promise<Callee | undefined> {
  if (!existsSync('/usr/bin/baresip')) return undefined;
  const port = await freePorts(2);
  const folder = mkdtempSync(join(tmpdir(), 'throughline-baresip-'));
  writeFileSync(join(folder, 'sound.wav'), wav);
  // Below the ports that a system gives to whoever asks for any.
  const media = [20_000, 21_999] as const;
  const config = [
    `sip_listen 127.0.0.1:${port}`,
    'net_interface 127.0.0.1',
    'call_max_calls 500',
    'call_hold_other_calls no',
    `rtp_ports ${media.join('-')}`,
    `audio_source aufile,${folder}/sound.wav`,
    'audio_player aubridge,nul',
    'ausrc_srate 8000',
    'auplay_srate 8000',
    'module_path /usr/lib/baresip/modules',
    'module g711.so',
    'module aufile.so',
    'module aubridge.so',
    'module_app account.so',
    'module_app menu.so',
  ];
  writeFileSync(join(folder, 'config'), `${config.join('\n')}\n`);
  writeFileSync(join(folder, 'accounts'), '<sip:service@127.0.0.1>;answermode=auto;regint=0;audio_codecs=PCMU\n');
  writeFileSync(join(folder, 'contacts'), '');
  return started(spawn('/usr/bin/baresip', ['-f', folder], { stdio: 'ignore' }), { port, folder, media });
}
