import {
  type AudioDescription,
  type Codec,
  type Crypto,
  type Direction,
  readSession,
  SdpError,
  staticPayload,
} from './sdp.ts';

/** Our side of the audio. */
export interface OurAudio {
  readonly host: string;
  readonly port: number;
  /** In order of liking: PCMU, PCMA, G722. */
  readonly codecs: readonly string[];
  /** `o=`: the version grows only when the body changes (RFC 3264 §8). */
  readonly session: { readonly id: number; readonly version: number };
  /** What we want to do; `sendrecv` when absent. On hold: `sendonly`. */
  readonly direction?: Direction;
  /** Offer telephone-event under this number (101 when true). */
  readonly digits?: boolean | number;
  /** ms */
  readonly ptime?: number;
  /** SDES: offers or answers RTP/SAVP with it. */
  readonly crypto?: Crypto;
}

/** What a leg needs to talk, once both sides have agreed. */
export interface AudioTarget {
  readonly host: string;
  readonly port: number;
  readonly rtcpPort: number;
  readonly mux: boolean;
  /** What we send. */
  readonly codec: Codec;
  /** What may come in, by payload number. */
  readonly accept: readonly Codec[];
  /** Payload number of telephone-event, when agreed. */
  readonly digits?: number;
  /** ms of our packets. */
  readonly ptime: number;
  /** As seen from us. */
  readonly direction: Direction;
  readonly crypto?: { readonly ours: Crypto; readonly theirs: Crypto };
}

export function writeOffer(our: OurAudio): string {
  const codecs = our.codecs.map((name): Codec => {
    const payload = staticPayload(name);
    if (payload === undefined) throw new RangeError(`codec ${name} cannot be offered over plain RTP`);
    return { name, payload, rate: 8000 };
  });
  const digits = our.digits === false ? undefined : typeof our.digits === 'number' ? our.digits : 101;
  return head(our) + audio(our, codecs, { digits, direction: our.direction ?? 'sendrecv', crypto: our.crypto });
}

/**
 * Answers an offer (RFC 3264 §6): their payload numbers, our order of codecs among theirs, their m= lines one for one,
 * a direction that follows theirs. Throws an SdpError when there is nothing to talk on.
 */
export function answerOffer(offer: string, our: OurAudio): { readonly sdp: string; readonly target: AudioTarget } {
  const theirs = readSession(offer);
  if (!theirs.audio) throw new SdpError('no-audio', 'the offer has no audio line');
  if (theirs.audioAt < 0) throw new SdpError('refused', 'the offer has audio only with port 0 or without RTP');
  const { audio: remote } = theirs;
  const codecs = common(our.codecs, remote);
  const crypto = our.crypto && remote.cryptos.find(({ suite }) => suite === our.crypto?.suite);
  if (remote.secure && !crypto)
    throw new SdpError(
      'no-common-codec',
      `the offer wants SRTP with ${suites(remote)}, ours is ${our.crypto?.suite ?? 'none'}`,
    );
  if (our.crypto && !crypto)
    throw new SdpError('refused', `the offer is not encrypted, and our calls are (its SRTP: ${suites(remote)})`);
  const direction = meet(our.direction ?? 'sendrecv', onHold(remote) ? held(remote.direction) : remote.direction);
  const ours = crypto && our.crypto ? { ...our.crypto, tag: crypto.tag } : undefined;
  const lines = theirs.lines.map((line, n) =>
    n === theirs.audioAt
      ? audio(our, codecs, { digits: remote.digits, direction, crypto: ours, mux: remote.mux })
      : `m=${line.kind} 0 ${line.protocol} ${line.formats}\r\n`,
  );
  const target = targetOf(remote, codecs, direction);
  return {
    sdp: head(our) + lines.join(''),
    target: { ...target, ...(ours && crypto ? { crypto: { ours, theirs: crypto } } : {}) },
  };
}

/** What an answer to our offer means. */
export function readAnswer(answer: string, our: OurAudio): AudioTarget {
  const theirs = readSession(answer);
  const remote = theirs.audio;
  if (!remote) throw new SdpError('no-audio', 'the answer has no audio line');
  if (theirs.audioAt < 0) throw new SdpError('refused', 'the answer refuses the audio (port 0)');
  const codecs = common(our.codecs, remote);
  const crypto = remote.cryptos.find(({ tag, suite }) => tag === our.crypto?.tag && suite === our.crypto.suite);
  if (our.crypto && !crypto) throw new SdpError('refused', `the answer does not take our SRTP (${suites(remote)})`);
  const direction = meet(our.direction ?? 'sendrecv', onHold(remote) ? held(remote.direction) : remote.direction);
  const target = targetOf(
    remote,
    [codecs.find(({ payload }) => payload === remote.codecs[0]?.payload) ?? codecs[0]!, ...codecs],
    direction,
  );
  return { ...target, ...(our.crypto && crypto ? { crypto: { ours: our.crypto, theirs: crypto } } : {}) };
}

function common(ours: readonly string[], remote: AudioDescription): readonly Codec[] {
  const codecs = ours.flatMap((name) => remote.codecs.filter((codec) => codec.name === name && codec.rate === 8000));
  if (codecs.length > 0) return codecs;
  const names = remote.codecs.map(({ name, rate }) => `${name}/${rate}`).join(', ') || 'none that it names';
  throw new SdpError('no-common-codec', `no codec in common: theirs are ${names}; ours are ${ours.join(', ')}`);
}

const suites = ({ cryptos }: AudioDescription): string => cryptos.map(({ suite }) => suite).join(', ') || 'no suite';

/** RFC 2543 put a call on hold by the address 0.0.0.0; RFC 3264 §8.4 still wants that understood. */
const onHold = ({ host }: AudioDescription): boolean => host === '0.0.0.0' || host === '::';
const held = (theirs: Direction): Direction =>
  theirs === 'sendrecv' || theirs === 'sendonly' ? 'sendonly' : 'inactive';

const sends = (direction: Direction): boolean => direction === 'sendrecv' || direction === 'sendonly';
const hears = (direction: Direction): boolean => direction === 'sendrecv' || direction === 'recvonly';

/** Ours, given what we want and what they said of themselves. */
function meet(ours: Direction, theirs: Direction): Direction {
  const out = sends(ours) && hears(theirs);
  const back = hears(ours) && sends(theirs);
  return out ? (back ? 'sendrecv' : 'sendonly') : back ? 'recvonly' : 'inactive';
}

function targetOf(remote: AudioDescription, codecs: readonly Codec[], direction: Direction): AudioTarget {
  const { host, port, rtcpPort, mux, digits, ptime = 20 } = remote;
  return {
    host,
    port,
    rtcpPort,
    mux,
    codec: codecs[0]!,
    accept: codecs.filter((codec, n) => codecs.indexOf(codec) === n),
    ...(digits === undefined ? {} : { digits }),
    ptime: ptime === 10 || ptime === 30 || ptime === 40 || ptime === 60 ? ptime : 20,
    direction,
  };
}

const family = (host: string): string => (host.includes(':') ? 'IP6' : 'IP4');

function head({ host, session }: OurAudio): string {
  const address = `IN ${family(host)} ${host}`;
  return `v=0\r\no=- ${session.id} ${session.version} ${address}\r\ns=-\r\nc=${address}\r\nt=0 0\r\n`;
}

interface Said {
  readonly digits: number | undefined;
  readonly direction: Direction;
  readonly crypto: Crypto | undefined;
  readonly mux?: boolean;
}

function audio(our: OurAudio, codecs: readonly Codec[], { digits, direction, crypto, mux }: Said): string {
  const payloads = [...codecs.map(({ payload }) => payload), ...(digits === undefined ? [] : [digits])];
  return [
    `m=audio ${our.port} ${crypto ? 'RTP/SAVP' : 'RTP/AVP'} ${payloads.join(' ')}`,
    ...codecs.map(({ name, payload, rate }) => `a=rtpmap:${payload} ${name}/${rate}`),
    ...(digits === undefined ? [] : [`a=rtpmap:${digits} telephone-event/8000`, `a=fmtp:${digits} 0-15`]),
    ...(crypto ? [`a=crypto:${crypto.tag} ${crypto.suite} inline:${crypto.key}`] : []),
    `a=ptime:${our.ptime ?? 20}`,
    ...(mux ? ['a=rtcp-mux'] : []),
    `a=${direction}`,
    '',
  ].join('\r\n');
}
