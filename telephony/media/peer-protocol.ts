import type { IceError, IceSettings } from './ice-servers.ts';

/** What the process is told that holds peer connections which are not ours. `leg` names a call, `ask` a request that is answered. */
export type PeerCommand =
  | { readonly do: 'open'; readonly leg: number; readonly ice: IceSettings; readonly codecs: readonly string[] }
  | { readonly do: 'describe'; readonly leg: number; readonly ask: number; readonly offer?: string }
  | { readonly do: 'accept'; readonly leg: number; readonly answer: string }
  /** 20 ms of 8 kHz. */
  | { readonly do: 'say'; readonly leg: number; readonly samples: Int16Array }
  | ({ readonly do: 'press'; readonly leg: number; readonly ask: number } & Presses)
  | { readonly do: 'stop-pressing'; readonly leg: number }
  | { readonly do: 'close'; readonly leg: number };

/** Keys to be sent as telephone-events; `,` is half a second. */
export interface Presses {
  readonly keys: string;
  readonly ms: number;
  readonly gapMs: number;
}

/** A key that was sent, ms after the command came. */
export interface Tone {
  readonly key: string;
  readonly from: number;
  readonly to: number;
}

/** Of the real packets, as the engine counts them; times in ms. */
export interface PeerFigures {
  readonly codec?: string;
  readonly received: number;
  readonly lost: number;
  readonly jitter: number;
  readonly sent: number;
  readonly roundTrip?: number;
  readonly theirs?: { readonly lost: number; readonly loss: number; readonly jitter: number };
}

/** Why a request was not done. */
interface Refused {
  readonly why: string;
  readonly fault?: IceError['fault'];
}

/** What it tells. */
export type PeerTold =
  | { readonly tell: 'ready' }
  /** It cannot serve, or serves no longer: what it needs is not there, or has died. */
  | { readonly tell: 'over'; readonly why: string }
  | { readonly tell: 'described'; readonly ask: number; readonly sdp: string }
  | { readonly tell: 'pressed'; readonly ask: number; readonly tones: readonly Tone[] }
  | ({ readonly tell: 'refused'; readonly ask: number } & Refused)
  /** 20 ms of 8 kHz. */
  | { readonly tell: 'heard'; readonly leg: number; readonly samples: Int16Array }
  | { readonly tell: 'figures'; readonly leg: number; readonly figures: PeerFigures }
  /** Packets find a way from now on (ICE and DTLS). */
  | { readonly tell: 'connected'; readonly leg: number }
  | { readonly tell: 'trouble'; readonly leg: number; readonly why: string };
