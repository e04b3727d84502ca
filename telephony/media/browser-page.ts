import { peerCalls } from './peer-calls.ts';
import type { Peer, PeerEngine } from './peer-engine.ts';
import type { PeerCommand, PeerTold } from './peer-protocol.ts';
import { packed, unpacked } from './peer-samples.ts';

/** As much of the browser as is used here (W3C WebRTC, WebCodecs, MediaStreamTrack Insertable Media Processing). */
interface Track {
  stop(): void;
}
interface Sound {
  readonly sampleRate: number;
  readonly numberOfFrames: number;
  copyTo(to: Float32Array, how: { planeIndex: number; format: string }): void;
  close(): void;
}
interface Page {
  readonly location: { readonly host: string; readonly pathname: string };
  readonly RTCPeerConnection: new (settings: Parameters<PeerEngine<Track>['connect']>[0]) => Peer<Track>;
  readonly RTCRtpReceiver: { getCapabilities(kind: 'audio'): { readonly codecs: PeerEngine<Track>['capabilities'] } };
  readonly MediaStream: new (tracks: readonly Track[]) => object;
  readonly Audio: new () => { srcObject: object | null; muted: boolean; play(): Promise<void> };
  readonly AudioData: new (of: {
    readonly format: 's16';
    readonly sampleRate: number;
    readonly numberOfFrames: number;
    readonly numberOfChannels: number;
    /** µs */
    readonly timestamp: number;
    readonly data: Int16Array;
  }) => Sound;
  readonly MediaStreamTrackGenerator: new (of: {
    kind: 'audio';
  }) => Track & { readonly writable: WritableStream<Sound> };
  readonly MediaStreamTrackProcessor: new (of: { track: Track }) => { readonly readable: ReadableStream<Sound> };
}
const page = globalThis as unknown as Page;

const engine: PeerEngine<Track> = {
  connect: (settings) => new page.RTCPeerConnection(settings),
  capabilities: page.RTCRtpReceiver.getCapabilities('audio').codecs,
  source() {
    const track = new page.MediaStreamTrackGenerator({ kind: 'audio' });
    const writer = track.writable.getWriter();
    let timestamp = 0;
    const say = (data: Int16Array) => {
      const numberOfFrames = data.length;
      const form = { format: 's16', sampleRate: 8000, numberOfChannels: 1 } as const;
      writer.write(new page.AudioData({ ...form, numberOfFrames, timestamp, data })).catch(() => undefined);
      timestamp += numberOfFrames * 125;
    };
    return { track, say, end: () => track.stop() };
  },
  listen(track, heard) {
    // Nothing is decoded of a track that nobody plays.
    const player = new page.Audio();
    player.muted = true;
    player.srcObject = new page.MediaStream([track]);
    player.play().catch(() => undefined);
    const reader = new page.MediaStreamTrackProcessor({ track }).readable.getReader();
    const read = async () => {
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        heard(samplesOf(next.value), next.value.sampleRate);
        next.value.close();
      }
    };
    read().catch(() => undefined);
    return () => {
      player.srcObject = null;
      reader.cancel().catch(() => undefined);
    };
  },
};

function samplesOf(sound: Sound): Int16Array {
  const wide = new Float32Array(sound.numberOfFrames);
  sound.copyTo(wide, { planeIndex: 0, format: 'f32-planar' });
  return Int16Array.from(wide, (value) => Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768))));
}

const socket = new WebSocket(`ws://${page.location.host}${page.location.pathname}`);
socket.binaryType = 'arraybuffer';
const tell = (told: PeerTold) =>
  socket.send(told.tell === 'heard' ? packed(told.leg, told.samples) : JSON.stringify(told));
const obey = peerCalls(engine, tell);
socket.onmessage = ({ data }: { readonly data: string | ArrayBuffer }) =>
  obey(typeof data === 'string' ? (JSON.parse(data) as PeerCommand) : { do: 'say', ...unpacked(data) });
