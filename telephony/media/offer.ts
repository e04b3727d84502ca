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
  /** In order of liking: PCMU, PCMA, G722, OPUS. */
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
  /** Payload number of telephone-event as we send it, when agreed. */
  readonly digits?: number;
  /** Its RTP clock; 8000 when absent. */
  readonly digitsRate?: number;
  /** What else means a digit when it comes in. */
  readonly events?: readonly Codec[];
  /** ms of our packets. */
  readonly ptime: number;
  /** As seen from us. */
  readonly direction: Direction;
  readonly crypto?: { readonly ours: Crypto; readonly theirs: Crypto };
}

export function writeOffer(our: OurAudio): string {
  const codecs = our.codecs.map((name): Codec => {
    const payload = name === 'OPUS' ? opusPayload : staticPayload(name);
    if (payload === undefined) throw new RangeError(`codec ${name} cannot be offered over plain RTP`);
    return { name, payload, rate: clockOf(name) };
  });
  const events = our.digits === false ? [] : offeredEvents(codecs, typeof our.digits === 'number' ? our.digits : 101);
  return head(our) + audio(our, codecs, { events, direction: our.direction ?? 'sendrecv', crypto: our.crypto });
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
      ? audio(our, codecs, { events: eventsFor(codecs, remote), direction, crypto: ours, mux: remote.mux })
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

export function common(ours: readonly string[], remote: AudioDescription): readonly Codec[] {
  const fits = (codec: Codec, name: string) => codec.name === name && codec.rate === clockOf(name);
  const codecs = ours.flatMap((name) => remote.codecs.filter((codec) => fits(codec, name)));
  if (codecs.length > 0) return codecs;
  const names = remote.codecs.map(({ name, rate }) => `${name}/${rate}`).join(', ') || 'none that it names';
  throw new SdpError('no-common-codec', `no codec in common: theirs are ${names}; ours are ${ours.join(', ')}`);
}

/** Of its RTP clock: that of Opus is 48 kHz whatever it samples, that of G.722 says 8 kHz though it samples 16 (RFC 7587, RFC 3551). */
export const clockOf = (name: string): number => (name === 'OPUS' ? 48_000 : 8000);

/** Dynamic, and the number that browsers use. */
export const opusPayload = 111;

/** telephone-event has the clock of the sound beside it (RFC 4733 §2.1). */
function offeredEvents(codecs: readonly Codec[], first: number): readonly Codec[] {
  const rates = [...new Set(codecs.map(({ rate }) => rate))].toSorted((a, b) => a - b);
  return rates.map((rate, n) => ({
    name: 'TELEPHONE-EVENT',
    payload: n === 0 ? first : first === 110 ? 101 : 110,
    rate,
  }));
}

/** Of their telephone-events those with a clock of a codec that is taken; where there is none, what they have. */
export function eventsFor(codecs: readonly Codec[], { events }: AudioDescription): readonly Codec[] {
  const same = events.filter(({ rate }) => codecs.some((codec) => codec.rate === rate));
  return same.length > 0 ? same : events.slice(0, 1);
}

/** What the payload numbers of a description mean. */
export function codecLines(codecs: readonly Codec[], events: readonly Codec[]): readonly string[] {
  const digits = events.flatMap(({ payload, rate }) => [
    `a=rtpmap:${payload} telephone-event/${rate}`,
    `a=fmtp:${payload} 0-15`,
  ]);
  return [...codecs.flatMap(mapped), ...digits];
}

function mapped({ name, payload, rate }: Codec): string[] {
  if (name !== 'OPUS') return [`a=rtpmap:${payload} ${name}/${rate}`];
  // Two channels by definition, whatever is sent (RFC 7587 §7): ours is one.
  return [`a=rtpmap:${payload} opus/${rate}/2`, `a=fmtp:${payload} minptime=10;useinbandfec=1;stereo=0`];
}

const suites = ({ cryptos }: AudioDescription): string => cryptos.map(({ suite }) => suite).join(', ') || 'no suite';

/** RFC 2543 put a call on hold by the address 0.0.0.0; RFC 3264 §8.4 still wants that understood. */
const onHold = ({ host }: AudioDescription): boolean => host === '0.0.0.0' || host === '::';
const held = (theirs: Direction): Direction =>
  theirs === 'sendrecv' || theirs === 'sendonly' ? 'sendonly' : 'inactive';

export const sends = (direction: Direction): boolean => direction === 'sendrecv' || direction === 'sendonly';
const hears = (direction: Direction): boolean => direction === 'sendrecv' || direction === 'recvonly';

/** Ours, given what we want and what they said of themselves. */
export function meet(ours: Direction, theirs: Direction): Direction {
  const out = sends(ours) && hears(theirs);
  const back = hears(ours) && sends(theirs);
  return out ? (back ? 'sendrecv' : 'sendonly') : back ? 'recvonly' : 'inactive';
}

export function targetOf(remote: AudioDescription, codecs: readonly Codec[], direction: Direction): AudioTarget {
  const { host, port, rtcpPort, mux, ptime = 20 } = remote;
  const codec = codecs[0]!;
  const events = eventsFor(codecs, remote);
  const digits = events.find(({ rate }) => rate === codec.rate) ?? events[0];
  // Opus has no frame of 30 ms.
  const fitting = codec.name === 'OPUS' ? [10, 20, 40, 60] : [10, 20, 30, 40, 60];
  return {
    host,
    port,
    rtcpPort,
    mux,
    codec,
    accept: codecs.filter((codec, n) => codecs.indexOf(codec) === n),
    // Whichever they send counts: browsers send telephone-event/8000 beside Opus.
    ...(digits ? { digits: digits.payload, digitsRate: digits.rate, events: remote.events } : {}),
    ptime: fitting.includes(ptime) ? ptime : 20,
    direction,
  };
}

const family = (host: string): string => (host.includes(':') ? 'IP6' : 'IP4');

function head({ host, session }: OurAudio): string {
  const address = `IN ${family(host)} ${host}`;
  return `v=0\r\no=- ${session.id} ${session.version} ${address}\r\ns=-\r\nc=${address}\r\nt=0 0\r\n`;
}

interface Said {
  readonly events: readonly Codec[];
  readonly direction: Direction;
  readonly crypto: Crypto | undefined;
  readonly mux?: boolean;
}

function audio(our: OurAudio, codecs: readonly Codec[], { events, direction, crypto, mux }: Said): string {
  const payloads = [...codecs, ...events].map(({ payload }) => payload);
  return [
    `m=audio ${our.port} ${crypto ? 'RTP/SAVP' : 'RTP/AVP'} ${payloads.join(' ')}`,
    ...codecLines(codecs, events),
    ...(crypto ? [`a=crypto:${crypto.tag} ${crypto.suite} inline:${crypto.key}`] : []),
    `a=ptime:${our.ptime ?? 20}`,
    ...(mux ? ['a=rtcp-mux'] : []),
    `a=${direction}`,
    '',
  ].join('\r\n');
}
