import type { IceServer } from './ice-servers.ts';

/** As much of an RTCDTMFSender as a call uses. */
export interface Keyboard {
  readonly canInsertDTMF: boolean;
  ontonechange: ((event: { readonly tone: string }) => void) | null;
  insertDTMF(tones: string, ms: number, gapMs: number): void;
}

interface Capability {
  readonly mimeType: string;
  readonly clockRate: number;
}

/** What `icecandidateerror` says of a server (RFC 8489 §14.8; 701: it does not answer). */
export interface ServerError {
  readonly url: string;
  readonly errorCode: number;
  readonly errorText: string;
}

interface Description {
  readonly type: 'offer' | 'answer';
  readonly sdp: string;
}

/** As much of an RTCPeerConnection (W3C WebRTC) as a call uses. */
export interface Peer<Track> {
  readonly connectionState: string;
  readonly iceGatheringState: string;
  readonly localDescription: { readonly sdp: string } | null;
  ontrack: ((event: { readonly track: Track }) => void) | null;
  onconnectionstatechange: (() => void) | null;
  onicecandidate: ((event: { readonly candidate: unknown }) => void) | null;
  onicecandidateerror: ((error: ServerError) => void) | null;
  onicegatheringstatechange: (() => void) | null;
  addTrack(track: Track): { readonly dtmf?: Keyboard | null };
  getTransceivers(): readonly { setCodecPreferences(codecs: readonly Capability[]): void }[];
  createOffer(): Promise<Description>;
  createAnswer(): Promise<Description>;
  setLocalDescription(description: Description): Promise<void>;
  setRemoteDescription(description: Description): Promise<void>;
  getStats(): Promise<Iterable<readonly [string, unknown]>>;
  close(): void;
}

/** Where peer connections come from that are not ours: libwebrtc in Node, or a browser. */
export interface PeerEngine<Track> {
  connect(settings: { iceServers: readonly IceServer[]; iceTransportPolicy: 'all' | 'relay' }): Peer<Track>;
  /** All that it can decode, of sound. */
  readonly capabilities: readonly Capability[];
  /** A track that sounds as it is told, 20 ms of 8 kHz at a time. */
  source(): { readonly track: Track; say(samples: Int16Array): void; end(): void };
  /** Tells what a track plays, 10 ms at a time; gives what ends that. */
  listen(track: Track, heard: (samples: Int16Array, rate: number) => void): () => void;
}
