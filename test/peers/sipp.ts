import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../kit/ports.ts';

/** One element of a scenario. */
export type Act = string;

const xml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');

export const recv = (what: string, more = ''): Act =>
  /^\d/.test(what) ? `<recv response="${what}" rrs="true" ${more}/>` : `<recv request="${what}" rrs="true" ${more}/>`;
export const pause = (ms: number): Act => `<pause milliseconds="${ms}"/>`;
/** Any lines; `[last_Via:]` and the like are SIPp's. */
export const send = (lines: readonly string[], more = ''): Act =>
  `<send ${more}><![CDATA[\n\n${lines.map((line) => `      ${line}`).join('\n')}\n\n    ]]></send>`;

const answering = [
  '[last_Via:]',
  '[last_From:]',
  '[last_To:];tag=[pid]t[call_number]',
  '[last_Call-ID:]',
  '[last_CSeq:]',
];
const contact = 'Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>';
export const sdpLines = [
  'v=0',
  'o=sipp 1 1 IN IP[local_ip_type] [local_ip]',
  's=-',
  'c=IN IP[media_ip_type] [media_ip]',
  't=0 0',
  'm=audio [media_port] RTP/AVP 0 101',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:101 telephone-event/8000',
];

/** A response to the request received last, without a body. */
export const reply = (status: string, headers: readonly string[] = [], more = ''): Act =>
  send([`SIP/2.0 ${status}`, ...answering, contact, ...headers, 'Content-Length: 0', ''], more);
/** A response to INVITE with SDP. */
export const replySdp = (status: string, headers: readonly string[] = []): Act =>
  send(
    [
      `SIP/2.0 ${status}`,
      ...answering,
      contact,
      ...headers,
      'Content-Type: application/sdp',
      'Content-Length: [len]',
      '',
      ...sdpLines,
    ],
    status.startsWith('1') ? '' : 'retrans="500"',
  );
/** 200 to a request inside the dialog, whose To has a tag already. */
export const ok = (headers: readonly string[] = []): Act =>
  send([
    'SIP/2.0 200 OK',
    '[last_Via:]',
    '[last_From:]',
    '[last_To:]',
    '[last_Call-ID:]',
    '[last_CSeq:]',
    ...headers,
    'Content-Length: 0',
    '',
  ]);

export interface Sipp extends AsyncDisposable {
  readonly port: number;
  /** Resolves when every call of the scenario is over; throws with SIPp's own words when one failed. */
  done(): Promise<void>;
}

const bound = (port: number, table: string) =>
  readFileSync(`/proc/net/${table}`, 'utf8').includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} `);

/** Starts SIPp with a scenario of these acts; `to` makes it the caller. */
export async function sipp(
  acts: readonly Act[],
  {
    calls = 1,
    to,
    tcp = false,
    extra = [],
  }: { calls?: number; to?: string; tcp?: boolean; extra?: readonly string[] } = {},
): Promise<Sipp> {
  if (!existsSync('/usr/bin/sipp'))
    throw new Error('SIPp is not installed: sudo apt-get install --no-install-recommends sip-tester');
  const folder = mkdtempSync(join(tmpdir(), 'throughline-sipp-'));
  const scenario = `<?xml version="1.0" encoding="ISO-8859-1" ?>\n<scenario name="${xml('test')}">\n${acts.join('\n')}\n</scenario>\n`;
  writeFileSync(join(folder, 'scenario.xml'), scenario);
  const [port, media] = [await freePort(), await freePort()];
  const args = ['-sf', 'scenario.xml', '-i', '127.0.0.1', '-p', String(port), '-mp', String(media), '-nostdin'];
  args.push('-m', String(calls), '-timeout', '50s', '-trace_err', '-error_file', 'errors', '-nd', ...extra);
  if (tcp) args.push('-t', 't1');
  if (to) args.push('-r', '100', to);
  const child = spawn('/usr/bin/sipp', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = over(child, folder);
  ended.catch(() => undefined);
  const runs = () => child.exitCode === null && child.signalCode === null;
  while (!to && !bound(port, tcp ? 'tcp' : 'udp') && runs()) await new Promise((resolve) => setTimeout(resolve, 10));
  return {
    port,
    done: () => ended,
    [Symbol.asyncDispose]: async () => {
      if (runs()) child.kill('SIGKILL');
      await ended.catch(() => undefined);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function over(child: ChildProcess, folder: string): Promise<void> {
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += String(chunk);
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code === 0) return;
  const errors = existsSync(join(folder, 'errors')) ? readFileSync(join(folder, 'errors'), 'utf8') : '';
  throw new Error(`SIPp ended with ${code}: ${(errors || said).slice(0, 2000)}`);
}
