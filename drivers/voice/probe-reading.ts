import type { Reachable } from '../../telephony/sip/agent.ts';
import { bare, isNumeric } from '../../telephony/sip/flow.ts';
import type { Header } from '../../telephony/sip/message.ts';
import { type Refusal, refusalText } from '../../telephony/sip/outcome.ts';

/** One thing that the probe found out. */
export interface Finding {
  /** `transport`, `register`, `codecs` and so on. */
  readonly of: string;
  readonly mark: 'good' | 'notice' | 'bad';
  readonly text: string;
  /** What to do about it. */
  readonly next?: string;
}

/** Addresses that mean something in one network only (RFC 1918, RFC 6598, loopback and link-local of both families). */
export function isPrivate(host: string): boolean {
  const [a = -1, b = -1] = bare(host).split('.').map(Number);
  if (bare(host).includes(':')) return /^(::1$|f[cd]|fe80)/i.test(bare(host));
  return (
    a === 10 ||
    a === 127 ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168) ||
    (a === 100 && b >= 64 && b < 128) ||
    (a === 169 && b === 254)
  );
}

/** What came of OPTIONS, `undefined` for nothing in time. */
export function optionsReading(
  came: Reachable | Refusal | undefined,
  { asked, ms }: { readonly asked: string; readonly ms: number },
): Finding[] {
  if (came?.kind === 'answer' || came?.kind === 'rejected') {
    const headers = came.kind === 'answer' ? came.headers : came.message.headers;
    const said = (name: string) => headers.find((header) => header.name === name)?.value;
    const who = said('server') ?? said('user-agent');
    const allow = said('allow');
    const text = `${asked} answered OPTIONS with ${came.status} in ${Math.round(ms)} ms${who ? `; it is ${who}` : ''}${allow ? `; it allows ${allow}` : ''}`;
    return [{ of: 'options', mark: 'good', text }];
  }
  if (came?.kind === 'auth')
    return [
      {
        of: 'options',
        mark: 'good',
        text: `${asked} asks for a password even for OPTIONS (${came.status}) after ${Math.round(ms)} ms: it is there`,
      },
    ];
  const next =
    'some trunks never answer OPTIONS: see what the call says; if that stays silent too, check address, port, transport and firewall, and that the trunk knows our address';
  return [
    { of: 'options', mark: 'notice', text: `${asked} did not answer OPTIONS in ${(ms / 1000).toFixed(1)} s`, next },
  ];
}

/** How the server saw us (RFC 3581): where that differs from how we see ourselves, an address is translated between. The port of a connection is nobody's to compare. */
export function natReading(
  headers: readonly Header[],
  local: { readonly host: string; readonly port: number },
): Finding[] {
  const via = headers.find(({ name }) => name === 'via')?.value ?? '';
  const received = /;\s*received=([^;,\s]+)/i.exec(via)?.[1];
  const rport = Number(/;\s*rport=(\d+)/i.exec(via)?.[1] ?? Number.NaN);
  const host = received ?? local.host;
  const datagrams = /^SIP\s*\/\s*2\.0\s*\/\s*UDP\b/i.test(via);
  const seen = datagrams ? `${host}:${rport || local.port}` : host;
  if (Number.isNaN(rport) && received === undefined)
    return [{ of: 'nat', mark: 'notice', text: 'the server does not say how it saw us (no received, no rport)' }];
  const moved = bare(host) !== bare(local.host) || (datagrams && !Number.isNaN(rport) && rport !== local.port);
  if (!moved) return [{ of: 'nat', mark: 'good', text: `no translation: the server sees us at ${seen}, as we do` }];
  return [
    {
      of: 'nat',
      mark: 'notice',
      text: `the server sees us at ${seen}, we are ${local.host}${datagrams ? `:${local.port}` : ''}: an address is translated between`,
      next: 'let the PBX answer to where packets come from: Asterisk `rtp_symmetric`, `force_rport`, `rewrite_contact`; FreeSWITCH `NDLB-force-rport`; or run throughline in the same network',
    },
  ];
}

const advice: Readonly<Record<number, string>> = {
  400: 'the server found a fault in our request: run with --json and show it the message',
  403: 'it knows us and says no: is this number allowed for this user or trunk, is our address on its list, is the caller id one that it lets us show (`user`)?',
  404: 'it does not know this number: is it in the dial plan (Asterisk: the context of the endpoint; FreeSWITCH: the context of the profile)?',
  405: 'it does not take this method here: is this the right port?',
  408: 'it asked further and nobody answered it: is the extension registered?',
  415: 'it wants another kind of body: is a gateway between?',
  420: 'it asks for an extension of SIP that we do not have',
  421: 'it asks for an extension of SIP that we do not have',
  480: 'the extension is known and nobody is there: is its phone registered?',
  484: 'the number is not complete',
  486: 'the line is busy: nothing is wrong between us',
  488: 'no codec or transport of sound in common: allow PCMU or PCMA on the PBX, or set `srtp` if it wants encryption',
  500: 'the PBX failed: see its log at this moment',
  501: 'it does not know this method',
  503: 'it is overloaded, or its way on is down: see its log, and whether the trunk behind it is up',
  600: 'busy everywhere: nothing is wrong between us',
  603: 'declined: somebody pressed reject, or a rule refuses our caller id',
  606: 'no codec or transport of sound in common: allow PCMU or PCMA on the PBX, or set `srtp` if it wants encryption',
};

/** A refusal in words, with what to do about it. */
export function refusalReading(refusal: Refusal, method: string): { readonly text: string; readonly next?: string } {
  const text = `${method}: ${refusalText(refusal)}`;
  switch (refusal.kind) {
    case 'rejected': {
      const [other] = refusal.contacts;
      const next = other ? `dial ${other.text} instead: redirects are told, not followed` : advice[refusal.status];
      return next ? { text, next } : { text };
    }
    case 'auth':
      return {
        text,
        next: refusal.known
          ? 'user or password is wrong: on many PBXs the auth user is the extension, not the name; check `auth.user`'
          : 'give `auth: { user, password }` in the trunk, or --user with the password in THROUGHLINE_SIP_PASSWORD',
      };
    case 'no response':
      return {
        text: `${method}: no answer of any kind`,
        next: 'wrong port or transport, a firewall, or a PBX that ignores who it does not know: try --transport tcp, and see whether our packets arrive there (sngrep, tcpdump)',
      };
    case 'unreachable':
      return { text, next: 'check address, port and transport; a firewall may be between' };
    case 'unusable answer':
      return { text, next: 'compare the codecs of both sides; a trunk that wants SRTP says RTP/SAVP' };
    case 'cancelled':
      return { text };
    default:
      return refusal satisfies never;
  }
}

/** Whether an address in a description can be reached from where the signalling goes. */
export function unreachableFrom(host: string, signalling: string): boolean {
  return isNumeric(host) && isPrivate(host) && isNumeric(signalling) && !isPrivate(signalling);
}
