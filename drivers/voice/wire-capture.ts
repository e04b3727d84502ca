import type { Call } from '../../telephony/call.ts';
import { type PcapPacket, writePcap } from '../../telephony/evidence/pcap.ts';
import type { CapturedPacket } from '../../telephony/media/capture.ts';
import { readRtp } from '../../telephony/media/rtp.ts';
import { writeMessage } from '../../telephony/sip/message.ts';

/** When secret keys were pressed, epoch ms. */
export interface SecretTime {
  readonly from: number;
  readonly to: number;
}

export interface WireParts {
  readonly packets: readonly CapturedPacket[];
  readonly secrets: readonly SecretTime[];
  /** Secret keys sounded in the band: no sound is kept. */
  readonly muted: boolean;
  readonly redact: (text: string) => string;
}

/** The signalling and the sound of a call in one pcap, in the clear, whatever carried them; secrets are masked. */
export function wireCapture(call: Call, { packets, secrets, muted, redact }: WireParts): Uint8Array {
  const signalling = call.messages.map(({ at, direction, message, flow }): PcapPacket => {
    // The body first: its length is told in the head.
    const text = writeMessage({ ...message, body: masked(redact(message.body)) });
    const payload = Buffer.from(masked(redact(text)));
    const [from, to] = direction === 'out' ? [flow.local, flow.remote] : [flow.remote, flow.local];
    return { at, from, to, payload };
  });
  const { local, target } = call.media;
  const events = new Set([target?.digits, ...(target?.events ?? []).map(({ payload }) => payload)]);
  const sound = packets.map(({ at, direction, host, port, bytes }): PcapPacket => {
    const [from, to] = direction === 'out' ? [local, { host, port }] : [{ host, port }, local];
    const secret = direction === 'out' && secrets.some((time) => at >= time.from - 50 && at <= time.to + 200);
    return { at, from, to, payload: secret ? withoutKey(bytes, events) : bytes };
  });
  return writePcap([...signalling, ...(muted ? [] : sound)].toSorted((a, b) => a.at - b.at));
}

/** Credentials, keys of SRTP and ICE, and keys of the phone sent by INFO. */
function masked(text: string): string {
  return text
    .replaceAll(/^((?:proxy-)?authorization: *\S+).*$/gim, '$1 masked')
    .replaceAll(/^(a=crypto:\S+ \S+ inline:)\S+/gm, '$1masked')
    .replaceAll(/^(a=ice-pwd:)\S+/gm, '$1masked')
    .replaceAll(/^(Signal= *)\S/gim, '$1*');
}

/** The event of a telephone-event is one that no key has. */
function withoutKey(bytes: Uint8Array, events: ReadonlySet<number | undefined>): Uint8Array {
  const packet = readRtp(bytes);
  if (!packet || !events.has(packet.payloadType) || packet.payload.length === 0) return bytes;
  const copy = bytes.slice();
  copy[bytes.length - packet.payload.length] = 0xff;
  return copy;
}
