/** What both sides may do, as seen from the one that wrote it (RFC 3264 §5.1). */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** A codec with the payload number it has in this session. */
export interface Codec {
  readonly name: string;
  readonly payload: number;
  /** Of its RTP clock. */
  readonly rate: number;
}

/** SDES (RFC 4568): `key` is base64 of master key and salt. */
export interface Crypto {
  readonly tag: number;
  readonly suite: string;
  readonly key: string;
}

export interface AudioDescription {
  readonly host: string;
  /** 0: refused. */
  readonly port: number;
  readonly rtcpPort: number;
  /** RTP and RTCP on one port (RFC 5761). */
  readonly mux: boolean;
  readonly secure: boolean;
  readonly codecs: readonly Codec[];
  /** Payload number of telephone-event at the rate of the first codec, else of any. */
  readonly digits?: number;
  /** All of telephone-event that it names. */
  readonly events: readonly Codec[];
  /** ms, as asked for. */
  readonly ptime?: number;
  readonly direction: Direction;
  readonly cryptos: readonly Crypto[];
}

export interface SessionDescription {
  readonly id: string;
  readonly version: string;
  /** Every m= line in order: an answer must have as many. */
  readonly lines: readonly { readonly kind: string; readonly protocol: string; readonly formats: string }[];
  /** Which of them is the audio that can be talked on; -1 for none. */
  readonly audioAt: number;
  readonly audio?: AudioDescription;
}

export class SdpError extends Error {
  readonly why: 'malformed' | 'no-audio' | 'no-common-codec' | 'refused';
  constructor(why: SdpError['why'], message: string) {
    super(message);
    this.name = 'SdpError';
    this.why = why;
  }
}

const known: Readonly<Record<string, number>> = { PCMU: 0, PCMA: 8, G722: 9 };
const wellKnown = new Map(Object.entries(known).map(([name, payload]) => [payload, name]));

/** Names of codecs that need no rtpmap (RFC 3551). G.722's clock says 8000, whatever its sampling. */
export const staticPayload = (name: string): number | undefined => known[name];

/** And the other way. */
export const staticName = (payload: number): string | undefined => wellKnown.get(payload);

interface Section {
  readonly kind: string;
  readonly port: number;
  readonly protocol: string;
  readonly formats: readonly string[];
  readonly lines: readonly string[];
}

/** Reads RFC 8866 as far as audio over RTP goes; tolerant of order and unknown lines, strict about what it uses. */
export function readSession(text: string): SessionDescription {
  const all = text.split(/\r\n|\r|\n/).filter((line) => line !== '');
  if (all[0]?.trim() !== 'v=0') throw new SdpError('malformed', `SDP begins with "${all[0] ?? ''}", not v=0`);
  const first = all.findIndex((line) => line.startsWith('m='));
  const head = first < 0 ? all : all.slice(0, first);
  const sections = first < 0 ? [] : readSections(all.slice(first));
  const origin =
    head
      .find((line) => line.startsWith('o='))
      ?.slice(2)
      .split(' ') ?? [];
  const audioAt = sections.findIndex(
    ({ kind, protocol, port }) => kind === 'audio' && port > 0 && /\bRTP\//.test(protocol),
  );
  const refused = audioAt < 0 ? sections.findIndex(({ kind }) => kind === 'audio') : audioAt;
  const section = sections[refused];
  return {
    id: origin[1] ?? '0',
    version: origin[2] ?? '0',
    lines: sections.map(({ kind, protocol, formats }) => ({ kind, protocol, formats: formats.join(' ') })),
    audioAt,
    ...(section ? { audio: readAudio(section, head) } : {}),
  };
}

function readSections(lines: readonly string[]): Section[] {
  const sections: (Section & { lines: string[] })[] = [];
  for (const line of lines) {
    if (!line.startsWith('m=')) {
      sections.at(-1)!.lines.push(line);
      continue;
    }
    const [kind = '', port = '', protocol = '', ...formats] = line.slice(2).trim().split(/\s+/);
    const number = Number(port.split('/')[0]);
    if (!Number.isInteger(number) || number < 0 || number > 65_535 || port === '')
      throw new SdpError('malformed', `SDP line "${line.slice(0, 80)}" has no port`);
    if (sections.length >= 32) throw new SdpError('malformed', 'SDP has over 32 m= lines');
    sections.push({ kind: kind.toLowerCase(), port: number, protocol: protocol.toUpperCase(), formats, lines: [] });
  }
  return sections;
}

const lineValue = (lines: readonly string[], start: string): string | undefined =>
  lines
    .find((line) => line.startsWith(start))
    ?.slice(start.length)
    .trim();

function readAudio({ port, protocol, formats, lines }: Section, head: readonly string[]): AudioDescription {
  const host = hostOf(lines) ?? hostOf(head);
  if (host === undefined && port > 0) throw new SdpError('malformed', 'SDP has no c= line for its audio');
  const maps = new Map<number, { name: string; rate: number }>();
  for (const line of lines) {
    const map = /^a=rtpmap:\s*(\d+)\s+([^/\s]+)\/(\d+)/.exec(line);
    if (map) maps.set(Number(map[1]), { name: map[2]!.toUpperCase(), rate: Number(map[3]) });
  }
  const listed = formats
    .map(Number)
    .filter((payload) => Number.isInteger(payload) && payload >= 0 && payload < 128)
    .flatMap((payload): Codec[] => {
      const { name, rate } = maps.get(payload) ?? { name: wellKnown.get(payload), rate: 8000 };
      return name === undefined ? [] : [{ name, payload, rate }];
    });
  const codecs = listed.filter(({ name }) => name !== 'TELEPHONE-EVENT' && name !== 'CN');
  const events = listed.filter(({ name }) => name === 'TELEPHONE-EVENT');
  const digits = (events.find(({ rate }) => rate === codecs[0]?.rate) ?? events[0])?.payload;
  const ptime = Number(lineValue(lines, 'a=ptime:') ?? lineValue(head, 'a=ptime:'));
  const rtcp = Number(lineValue(lines, 'a=rtcp:')?.split(' ')[0]);
  const mux = lines.some((line) => line.trim() === 'a=rtcp-mux');
  return {
    host: host ?? '0.0.0.0',
    port,
    rtcpPort: mux ? port : rtcp > 0 && rtcp < 65_536 ? rtcp : port + 1,
    mux,
    secure: protocol.includes('SAVP'),
    codecs,
    events,
    ...(digits === undefined ? {} : { digits }),
    ...(ptime > 0 && ptime <= 200 ? { ptime } : {}),
    direction: directionOf(lines) ?? directionOf(head) ?? 'sendrecv',
    cryptos: lines.flatMap(readCrypto),
  };
}

function hostOf(lines: readonly string[]): string | undefined {
  const [, kind, address] = lineValue(lines, 'c=')?.split(/\s+/) ?? [];
  return kind === 'IP4' || kind === 'IP6' ? address?.split('/')[0] : undefined;
}

function directionOf(lines: readonly string[]): Direction | undefined {
  const line = lines.find((one) => /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/.test(one));
  return line?.slice(2).trim() as Direction | undefined;
}

function readCrypto(line: string): Crypto[] {
  // A key with an identifier (`|1:4`) would stand in each packet, which we do not read (RFC 4568 §6.1).
  const found = /^a=crypto:(\d+)\s+(\S+)\s+inline:([A-Za-z0-9+/=]+)(?!\S*\|\d+:\d+)/.exec(line);
  return found ? [{ tag: Number(found[1]), suite: found[2]!, key: found[3]! }] : [];
}
