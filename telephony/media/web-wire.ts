import {
  type Connection,
  type RTCDtlsTransport,
  RTCPeerConnection,
  RTCRtpCodecParameters,
  RtcpPacketConverter,
  RtpHeader,
} from 'werift';
import { IceGathering } from './ice-gathering.ts';
import { type IceSettings, troubleText } from './ice-servers.ts';
import { clockOf, opusPayload } from './offer.ts';
import type { PortPair } from './ports.ts';
import { staticPayload } from './sdp.ts';
import { likeTheirs, readable, withDefault } from './web-sdp.ts';
import { Wire, webPeer } from './wire.ts';

/** Who makes the packets: werift, ours over its ICE and DTLS; wrtc, libwebrtc as browsers have it; browser, a Chromium. */
export type WebEngine = 'werift' | 'wrtc' | 'browser';

/** Who makes the packets where we do not. */
export type PeerEngineName = Exclude<WebEngine, 'werift'>;

/** Telephone-event has the clock of the sound beside it (RFC 4733 §2.1). */
function offered(codecs: readonly string[]): RTCRtpCodecParameters[] {
  return [
    ...codecs.map((name) => codec(name, name === 'OPUS' ? opusPayload : (staticPayload(name) ?? 0))),
    ...(codecs.includes('OPUS') ? [codec('telephone-event', 110, 48_000)] : []),
    ...(codecs.some((name) => name !== 'OPUS') ? [codec('telephone-event', 101)] : []),
  ];
}

function codec(name: string, payloadType: number, clockRate = clockOf(name)): RTCRtpCodecParameters {
  const opus = name === 'OPUS';
  return new RTCRtpCodecParameters({
    mimeType: `audio/${opus ? 'opus' : name}`,
    clockRate,
    channels: opus ? 2 : 1,
    payloadType,
    ...(opus ? { parameters: 'minptime=10;useinbandfec=1' } : {}),
  });
}

export interface WebWireOptions extends IceSettings {
  readonly host: string;
  readonly codecs: readonly string[];
  /** Of the stream whose packets it carries. */
  readonly ssrc: number;
  /** Something did not serve; the call goes on. */
  trouble(message: string): void;
}

/** One WebRTC peer connection that carries the packets of a stream: ICE, DTLS and SRTP by werift, RTP and RTCP our own. */
export class WebWire {
  readonly pair: PortPair;
  readonly #connection: RTCPeerConnection;
  readonly #rtp: Wire;
  readonly #rtcp: Wire;
  readonly #host: string;
  readonly #ssrc: number;
  readonly #gathering: IceGathering;
  readonly #trouble: (message: string) => void;
  #dtls: RTCDtlsTransport | undefined;
  #ready = false;

  constructor({ host, codecs, ssrc, trouble, ...ice }: WebWireOptions) {
    const relayed = ice.policy === 'relay';
    this.#host = host;
    this.#ssrc = ssrc;
    this.#gathering = new IceGathering(ice, host);
    this.#trouble = trouble;
    this.#connection = new RTCPeerConnection({
      codecs: { audio: offered(codecs), video: [] },
      headerExtensions: { audio: [], video: [] },
      // Servers are asked by our own gathering.
      iceServers: [],
      iceTransportPolicy: relayed ? 'relay' : 'all',
      iceUseIpv6: host.includes(':'),
      iceUseTcp: false,
      iceInterfaceAddresses: host.includes(':') ? { udp6: host } : { udp4: host },
      iceAdditionalHostAddresses: [host],
    });
    const leave = async (bytes: Uint8Array) => {
      if (this.#dtls?.state !== 'connected') return;
      const packet = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const header = RtpHeader.deSerialize(packet);
      await this.#dtls.sendRtp(packet.subarray(header.payloadOffset), header);
    };
    const report = async (bytes: Uint8Array) => {
      if (this.#dtls?.state !== 'connected') return;
      await this.#dtls.sendRtcp(RtcpPacketConverter.deSerialize(Buffer.from(bytes)));
    };
    // RTCP shares the port (rtcp-mux), so that a stream may hand both to the first.
    this.#rtp = new Wire(host, (bytes) => (isReport(bytes) ? report(bytes) : leave(bytes)));
    this.#rtcp = new Wire(host, report);
    this.pair = { rtp: this.#rtp.socket, rtcp: this.#rtcp.socket, port: webPeer.port };
  }

  /** From when on packets find a way. */
  get ready(): boolean {
    this.#ready ||= this.#dtls?.state === 'connected';
    return this.#ready;
  }

  /** Our offer with all its candidates. */
  async offer(): Promise<string> {
    this.#connection.addTransceiver('audio', { direction: 'sendrecv' });
    this.#named();
    return this.#local(await this.#connection.createOffer());
  }

  /** The answer to theirs. Throws Error for an offer that is not WebRTC's. */
  async answer(offer: string): Promise<string> {
    await this.#connection.setRemoteDescription({ type: 'offer', sdp: readable(offer) });
    for (const transceiver of this.#connection.getTransceivers()) transceiver.direction = 'sendrecv';
    this.#named();
    return likeTheirs(await this.#local(await this.#connection.createAnswer()), offer);
  }

  async accept(answer: string): Promise<void> {
    await this.#connection.setRemoteDescription({ type: 'answer', sdp: readable(answer) });
  }

  async close(): Promise<void> {
    await this.#gathering.close();
    await this.#connection.close();
  }

  /** The descriptions name the source that our packets have: browsers hear no other. */
  #named(): void {
    for (const { sender } of this.#connection.getTransceivers()) Object.assign(sender, { ssrc: this.#ssrc });
  }

  /** It goes out with all candidates: there is no trickle. */
  async #local(description: Parameters<RTCPeerConnection['setLocalDescription']>[0]): Promise<string> {
    const [transceiver] = this.#connection.getTransceivers();
    const ice = transceiver?.sender.dtlsTransport?.iceTransport.connection as Connection | undefined;
    if (!ice) throw new Error('no connection to gather for');
    this.#gathering.attach(ice);
    await this.#connection.setLocalDescription(description);
    for (const { server, trouble } of this.#gathering.end(ice)) this.#trouble(troubleText(server, trouble));
    this.#hear();
    const { sdp } = this.#connection.localDescription ?? {};
    if (sdp === undefined) throw new Error('no local description');
    return withDefault(sdp, this.#host);
  }

  #hear(): void {
    const [transceiver] = this.#connection.getTransceivers();
    const dtls = transceiver?.sender.dtlsTransport;
    if (!dtls || dtls === this.#dtls) return;
    this.#dtls = dtls;
    replayEarly(dtls);
    leaveTogether(dtls);
    dtls.onRtp.subscribe((packet) => this.#rtp.came(packet.serialize()));
    dtls.onRtcp.subscribe((packet) => this.#rtcp.came(packet.serialize()));
    dtls.onStateChange.subscribe((state) => {
      if (state === 'failed')
        this.#rtp.emit('error', new Error('DTLS failed: the other side is not who its fingerprint says'));
    });
  }
}

/**
 * A ClientHello that comes before our own DTLS has started is dropped by werift 0.25, and comes again only after 1.5 s:
 * the last one is kept and handed in when DTLS starts.
 */
function replayEarly(dtls: RTCDtlsTransport): void {
  const ice = dtls.iceTransport.connection;
  let early: Buffer | undefined;
  let open = true;
  ice.onData.subscribe((data) => {
    if (open && isDtls(data)) early = Buffer.from(data);
  });
  dtls.onStateChange.subscribe((state) => {
    if (state !== 'connecting') return;
    setImmediate(() => {
      open = false;
      if (early) ice.onData.execute(early);
    });
  });
}

/** Largest datagram of handshake records, bytes: below what any path fragments. */
const handshakeSize = 1200;

/**
 * Records of one flight leave in one datagram (RFC 6347 §4.1.1). werift 0.25 sends each by itself and repeats a lost flight under its
 * old sequence numbers, which the other side drops as replays (§4.1.2.6): a flight that was read out of order, as by the threads of
 * rtpengine, never got through.
 */
function leaveTogether(dtls: RTCDtlsTransport): void {
  const ice = dtls.iceTransport.connection;
  const send = ice.send.bind(ice);
  let records: Buffer[] = [];
  const flush = async (): Promise<void> => {
    const together = Buffer.concat(records);
    records = [];
    await send(together);
  };
  ice.send = async (data) => {
    if (!isDtls(data)) return send(data);
    const full = records.reduce((sum, { length }) => sum + length, data.length) > handshakeSize;
    const before = full ? flush() : undefined;
    records.push(data);
    await before;
    await Promise.resolve();
    if (records.at(-1) === data) await flush();
  };
}

/** RFC 7983 §7. */
const isDtls = (bytes: Uint8Array): boolean => bytes.length > 0 && bytes[0]! >= 20 && bytes[0]! <= 63;

/** RFC 5761 §4. */
const isReport = (bytes: Uint8Array): boolean => bytes.length > 1 && bytes[1]! >= 192 && bytes[1]! <= 223;
