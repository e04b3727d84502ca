import type { Call, CallEvent } from '../../telephony/call.ts';
import { type AudioFlow, flowWords } from '../../telephony/media/flow.ts';
import type { MediaStatistics } from '../../telephony/media/leg-event.ts';
import { readSession } from '../../telephony/media/sdp.ts';
import { type Finding, unreachableFrom } from './probe-reading.ts';

/** How a call went until it was answered or not; a refusal that came at once speaks for itself. */
export function timesReading(
  call: Pick<Call, 'events' | 'since'>,
  { outcome, patience }: { readonly outcome: CallEvent['type'] | undefined; readonly patience: number },
): Finding | undefined {
  const steps = call.events.flatMap((event) => {
    const after = `after ${((event.at - call.since) / 1000).toFixed(2)} s`;
    if (event.type === 'trying') return [`100 ${after}`];
    if (event.type === 'ringing') return [`${event.status} ${after}`];
    if (event.type === 'early') return [`${event.status} with early sound ${after}`];
    if (event.type === 'answered') return [`answered ${after}`];
    return [];
  });
  if (steps.length === 0 && outcome === 'refused') return undefined;
  const told = steps.length > 0 ? steps.join(', ') : 'nothing came back';
  if (outcome === 'answered') return { of: 'call', mark: 'good', text: told };
  if (outcome !== undefined) return { of: 'call', mark: 'notice', text: told };
  return {
    of: 'call',
    mark: 'bad',
    text: `${told}; no answer in ${patience / 1000} s`,
    next: untaken(call.events),
  };
}

function untaken(events: Call['events']): string {
  if (events.some(({ type }) => type === 'ringing' || type === 'early'))
    return 'it rings and nobody takes it: dial a number that answers by itself (an IVR, voicemail, an echo test)';
  return events.some(({ type }) => type === 'trying')
    ? 'the PBX took the call and nothing rings: a queue that waits for an agent, or see its log for this call'
    : 'not even a 100 came: wrong port or transport, a firewall, or a PBX that ignores who it does not know: try --transport tcp';
}

/** What each side offered and what was taken, and whether the address for sound makes sense. */
export function codecReading(call: Call): Finding[] {
  const bodies = call.messages.filter(({ message }) => /^\s*v=0/.test(message.body) && message.method === 'INVITE');
  const ours = bodies.find(({ direction }) => direction === 'out');
  const theirs = bodies.findLast(({ direction }) => direction === 'in');
  const mine = ours && readSession(ours.message.body).audio;
  const answer = theirs && readSession(theirs.message.body).audio;
  if (!mine || !answer || !theirs) return [];
  const names = (audio: typeof mine) =>
    `${audio.codecs.map(({ name }) => name).join(', ')}${audio.digits === undefined ? ', no digits' : ', digits by RFC 4733'}`;
  const text = `we offered ${names(mine)}; they took ${names(answer)}, sound at ${answer.host}:${answer.port}`;
  const findings: Finding[] = [{ of: 'codecs', mark: 'good', text }];
  if (mine.digits !== undefined && answer.digits === undefined)
    findings.push({
      of: 'digits',
      mark: 'notice',
      text: 'they did not take digits by RFC 4733 (telephone-event)',
      next: 'set `dtmf: in-band` or `dtmf: info` for this trunk, or allow rfc4733 on the PBX',
    });
  if (answer.direction !== 'sendrecv')
    findings.push({
      of: 'direction',
      mark: 'notice',
      text: `they answered ${answer.direction}: sound goes one way only, on purpose`,
    });
  if (unreachableFrom(answer.host, theirs.flow.remote.host))
    findings.push({
      of: 'nat',
      mark: 'bad',
      text: `they ask for sound at ${answer.host}, a private address, while we reach them at ${theirs.flow.remote.host}`,
      next: 'tell the PBX its public address (Asterisk `external_media_address`, FreeSWITCH `ext-rtp-ip`)',
    });
  return findings;
}

const oneWay: Readonly<Partial<Record<AudioFlow, string>>> = {
  'no-media':
    'answered, and no sound came: a firewall drops RTP, or the PBX waits for ours at another address (its RTP ports, `rtp_symmetric`, `direct_media=no`)',
  'we-hear-nothing':
    'their packets do not reach us: open our UDP ports, or let the PBX send to where ours come from (symmetric RTP, `comedia`)',
  'they-hear-nothing':
    'our packets do not reach them: are their RTP ports open, is the address in their answer one that we can reach?',
  'only-silence':
    'packets come and hold silence: is what answers a muted conference or a paused prompt? Dial an announcement',
  unproven:
    'no RTCP report of theirs came in this time: listen longer (--seconds 12), let them send some (FreeSWITCH `rtcp-audio-interval-msec`), dial an echo test, or add an agent who hears it',
};

/** What was heard in the seconds that we listened. */
export function soundReading(
  call: Call,
  { figures, flow }: { readonly figures: MediaStatistics; readonly flow: AudioFlow },
): Finding[] {
  const { received, sent, connectedAt, roundTrip, mos } = figures;
  const first =
    received.firstAt !== undefined && connectedAt !== undefined
      ? Math.round(received.firstAt - connectedAt)
      : undefined;
  const next = oneWay[flow];
  const findings: Finding[] = [
    {
      of: 'sound',
      mark: flow === 'both-ways' ? 'good' : flow === 'unproven' ? 'notice' : 'bad',
      text: `the call ${flowWords[flow]}: ${received.packets} packets came, ${sent.packets} went`,
      ...(next ? { next } : {}),
    },
  ];
  if (received.packets === 0) return findings;
  const loss = received.loss * 100;
  const delay = roundTrip === undefined ? '' : `, round trip ${roundTrip.toFixed(0)} ms`;
  const estimate = mos === undefined ? '' : `, estimated MOS ${mos.toFixed(2)}`;
  const when =
    first === undefined
      ? ''
      : first < 0
        ? `, the first ${-first} ms before the answer`
        : `, the first ${first} ms after the answer`;
  findings.push({
    of: 'quality',
    mark: loss > 1 || received.jitterMean > 30 ? 'notice' : 'good',
    text: `loss ${loss.toFixed(1)} %, jitter ${received.jitterMean.toFixed(1)} ms${delay}${estimate}${when}`,
  });
  const began = call.events.find(({ type }) => type === 'speech');
  findings.push({
    of: 'speech',
    mark: began ? 'good' : 'notice',
    text: began
      ? `somebody spoke, from ${((began.at - (connectedAt ?? call.since)) / 1000).toFixed(2)} s after the answer on`
      : `nobody spoke; the loudest second had ${received.loudest.toFixed(0)} dBov`,
  });
  if (received.strangers > 0)
    findings.push({
      of: 'sound',
      mark: 'notice',
      text: `${received.strangers} packets came from an address that the answer does not name: the PBX sends from elsewhere`,
    });
  if (call.over) findings.push({ of: 'call', mark: 'notice', text: 'they hung up while we listened' });
  return findings;
}

/** Who ended the call, and how long the BYE took. */
export function endReading({
  ms,
  end,
}: {
  readonly ms: number;
  readonly end: 'ours' | 'theirs' | 'unanswered';
}): Finding {
  if (end === 'theirs') return { of: 'hang-up', mark: 'notice', text: 'they hung up before we did' };
  if (end === 'ours') return { of: 'hang-up', mark: 'good', text: `our BYE was answered in ${ms} ms` };
  return {
    of: 'hang-up',
    mark: 'bad',
    text: `our BYE was not answered in ${Math.round(ms / 1000)} s`,
    next: 'the call may stay up at their side: can we reach the address in their Contact? Do they want a password within a call (FreeSWITCH `auth-all-packets`)?',
  };
}
