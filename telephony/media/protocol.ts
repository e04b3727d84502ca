import type { MessagePort } from 'node:worker_threads';
import type { CapturedPacket } from './capture.ts';
import type { IceError, IceSettings } from './ice-servers.ts';
import type { MediaEvent, MediaStatistics } from './leg-event.ts';
import type { AudioTarget } from './offer.ts';
import type { PlayEnd, PressedKey, Seeds } from './sender.ts';
import type { Thinning } from './thinning.ts';
import type { PeerEngineName, WebEngine } from './web-wire.ts';

/** A UDP socket for texts is wanted, and told of over this port. */
export interface Bind {
  readonly do: 'bind';
  readonly host: string;
  readonly wanted: number;
  readonly unread: Int32Array;
  readonly mail: MessagePort;
}

/** Who makes packets where we do not is to be ready. */
export interface Warm {
  readonly do: 'warm';
  readonly ask: number;
  readonly engine: PeerEngineName;
}

/** What the worker is told. `leg` names a call, `ask` a request that is answered. */
export type Command =
  | {
      readonly do: 'open';
      readonly leg: number;
      readonly host: string;
      readonly seeds: Seeds;
      readonly rememberMs: number;
      readonly toneKeys: boolean;
      /** That may be agreed. */
      readonly codecs: readonly string[];
      readonly record?: string;
      /** Keep its packets; they come with the summary. */
      readonly capture?: boolean;
      /** SRTP with the keys of the target. */
      readonly sealed?: boolean;
      /** Over WebRTC rather than plain RTP. */
      readonly web?: IceSettings & { readonly engine?: WebEngine };
    }
  | { readonly do: 'connect'; readonly leg: number; readonly target: AudioTarget }
  | {
      readonly do: 'play';
      readonly leg: number;
      readonly ask: number;
      readonly samples: Int16Array;
      readonly loop: boolean;
    }
  | { readonly do: 'stop'; readonly leg: number }
  | {
      readonly do: 'press';
      readonly leg: number;
      readonly ask: number;
      readonly keys: string;
      readonly ms: number;
      readonly gapMs: number;
    }
  | { readonly do: 'stop-pressing'; readonly leg: number }
  | { readonly do: 'tap'; readonly leg: number; readonly from: number; readonly port: MessagePort }
  | { readonly do: 'thin'; readonly leg: number; readonly thinning: Thinning }
  /** Our description: an offer, or the answer to one. */
  | { readonly do: 'describe'; readonly leg: number; readonly ask: number; readonly offer?: string }
  | { readonly do: 'accept'; readonly leg: number; readonly answer: string }
  | { readonly do: 'figures'; readonly leg: number; readonly ask: number }
  | { readonly do: 'close'; readonly leg: number };

export interface MediaSummary {
  readonly statistics: MediaStatistics;
  /** When they were to be kept. */
  readonly packets?: readonly CapturedPacket[];
  /** The two-channel WAV, when one was asked for: left heard, right said. */
  readonly recording?: { readonly path: string; readonly startedAt: number; readonly trouble?: string };
}

/** What the worker tells. */
export type Told =
  /** It is ready, or why it is not. */
  | { readonly tell: 'warmed'; readonly ask: number; readonly why?: string }
  | { readonly tell: 'opened'; readonly leg: number; readonly host: string; readonly port: number }
  | { readonly tell: 'refused'; readonly leg: number; readonly message: string }
  | { readonly tell: 'event'; readonly leg: number; readonly event: MediaEvent }
  | { readonly tell: 'played'; readonly leg: number; readonly ask: number; readonly end: PlayEnd }
  | { readonly tell: 'pressed'; readonly leg: number; readonly ask: number; readonly keys: readonly PressedKey[] }
  /** Keys could not be sent. */
  | { readonly tell: 'unpressed'; readonly leg: number; readonly ask: number; readonly why: string }
  | {
      readonly tell: 'described';
      readonly leg: number;
      readonly ask: number;
      readonly sdp?: string;
      readonly why?: string;
      /** Of an IceError. */
      readonly fault?: IceError['fault'];
    }
  | { readonly tell: 'figures'; readonly leg: number; readonly ask: number; readonly statistics: MediaStatistics }
  | { readonly tell: 'statistics'; readonly all: readonly (readonly [leg: number, statistics: MediaStatistics])[] }
  | { readonly tell: 'closed'; readonly leg: number; readonly summary: MediaSummary };

export interface WorkerSettings {
  /** Added to the worker's hrtime (ms) it gives the epoch time of the thread that started it. */
  readonly epochOffset: number;
  /** How much of a stall of ours is sent after it instead of being skipped, ms; 60 when absent. */
  readonly catchUp?: number;
}
