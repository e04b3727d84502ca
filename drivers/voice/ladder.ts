import type { Call, LadderMessage } from '../../telephony/call.ts';
import type { MediaSummary } from '../../telephony/media/protocol.ts';

type Statistics = MediaSummary['statistics'];

/** A call as the report draws it: who said what to whom, and the sound between. */
export interface Ladder {
  readonly about: string;
  readonly parties: readonly string[];
  readonly messages: readonly {
    readonly at: number;
    readonly from: string;
    readonly to: string;
    readonly label: string;
  }[];
  readonly media: readonly { readonly from: number; readonly to: number; readonly label: string }[];
}

export function ladderOf(
  call: Call,
  { actor, statistics, redact }: { actor: string; statistics: Statistics; redact: (text: string) => string },
): Ladder {
  const { remote } = call.signalling;
  const peers = call.messages.map(({ flow }) => `${flow.remote.host}:${flow.remote.port}`);
  const messages = call.messages.map(({ at, direction, message, again }, n) => {
    const peer = peers[n] ?? '';
    const [from, to] = direction === 'out' ? [actor, peer] : [peer, actor];
    return { at, from, to, label: redact(`${labelOf(message)}${again ? ' again' : ''}`) };
  });
  const answered = call.events.find((event) => event.type === 'answered');
  const to = call.events.findLast((event) => event.type === 'ended')?.at ?? statistics.at;
  const media = answered ? [{ from: answered.at, to, label: soundText(statistics, to - answered.at) }] : [];
  const about = `${actor} ⇄ ${remote.name || remote.uri.user || remote.uri.text} · ${figuresText(statistics)}`;
  return { about: redact(about), parties: [actor, ...new Set(peers)], messages, media };
}

/** `INVITE billing (SDP: PCMU, events)`, `200 OK`. */
function labelOf(message: LadderMessage['message']): string {
  const { user = '' } =
    message.kind === 'request' ? (/^sips?:(?:(?<user>[^@;>]+)@)?/.exec(message.uri)?.groups ?? {}) : {};
  const what =
    message.kind === 'response'
      ? `${message.status} ${message.reason}`
      : message.method === 'INVITE' && user !== ''
        ? `INVITE ${user}`
        : message.method;
  if (!message.body.startsWith('v=0')) return what;
  const formats = [...message.body.matchAll(/^a=rtpmap:\d+ ([\w-]+)/gm)].map(([, codec]) =>
    codec === 'telephone-event' ? 'events' : codec,
  );
  const held = /^a=(sendonly|recvonly|inactive)/m.exec(message.body)?.[1];
  return `${what} (SDP: ${[...new Set(formats), ...(held ? [held] : [])].join(', ') || 'audio'})`;
}

function soundText({ sent, received }: Statistics, ms: number): string {
  const ways =
    sent.packets > 0 && received.packets > 0
      ? 'sound both ways'
      : received.packets > 0
        ? 'sound from them only'
        : sent.packets > 0
          ? 'sound from us only'
          : 'no sound';
  return `${ways}, ${(ms / 1000).toFixed(1)} s`;
}

/** `PCMU · MOS 4.38, theirs 4.37 · loss 0.0 % · jitter 0.9 ms` */
function figuresText({ codec, mos, theirMos, received }: Statistics): string {
  const theirs = theirMos === undefined ? '' : `, theirs ${theirMos.toFixed(2)}`;
  return [
    codec ?? 'no codec agreed',
    mos === undefined ? '' : `MOS ${mos.toFixed(2)}${theirs}`,
    received.packets > 0
      ? `loss ${(received.loss * 100).toFixed(1)} % · jitter ${received.jitterMean.toFixed(1)} ms`
      : '',
  ]
    .filter(Boolean)
    .join(' · ');
}
