import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Somebody to call, as a process of its own. */
export interface Callee extends AsyncDisposable {
  readonly target: string;
  /** s of processor time so far, all threads. */
  cpu(): number;
}

const bound = (port: number) =>
  readFileSync('/proc/net/udp', 'utf8').includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} `);

async function started(child: ChildProcess, { port, folder }: { port: number; folder?: string }): Promise<Callee> {
  for (let tries = 0; !bound(port); tries += 1) {
    if (child.exitCode !== null || tries > 200) throw new Error(`${child.spawnfile} does not listen on ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return {
    target: `sip:service@127.0.0.1:${port}`,
    cpu: () => {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null) {
        const closed = once(child, 'close');
        child.kill('SIGKILL');
        await closed;
      }
      if (folder) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** SIPp answers every call and echoes its sound. */
export function sippEcho(port: number): Promise<Callee> {
  if (!existsSync('/usr/bin/sipp'))
    throw new Error('SIPp is not installed: sudo apt-get install --no-install-recommends sip-tester');
  const args = ['-sn', 'uas', '-i', '127.0.0.1', '-p', String(port), '-mp', String(port + 2), '-rtp_echo', '-nostdin'];
  return started(spawn('/usr/bin/sipp', args, { stdio: 'ignore' }), { port });
}

/** baresip answers every call and plays a file; undefined where it is not installed. */
export function baresip(port: number, wav: Uint8Array): Promise<Callee> | undefined {
  if (!existsSync('/usr/bin/baresip')) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'throughline-baresip-'));
  writeFileSync(join(folder, 'sound.wav'), wav);
  const config = [
    `sip_listen 127.0.0.1:${port}`,
    'net_interface 127.0.0.1',
    'call_max_calls 500',
    'call_hold_other_calls no',
    'rtp_ports 52000-53999',
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
  return started(spawn('/usr/bin/baresip', ['-f', folder], { stdio: 'ignore' }), { port, folder });
}
