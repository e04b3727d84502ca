import type { IceError, IceSettings } from './ice-servers.ts';

/** What the process that holds libwebrtc is told. `leg` names a call, `ask` a request that is answered. */
export type WrtcCommand =
  | { readonly do: 'open'; readonly leg: number; readonly ice: IceSettings }
  | { readonly do: 'describe'; readonly leg: number; readonly ask: number; readonly offer?: string }
  | { readonly do: 'accept'; readonly leg: number; readonly answer: string }
  /** 20 ms of 8 kHz. */
  | { readonly do: 'say'; readonly leg: number; readonly samples: Int16Array }
  | { readonly do: 'close'; readonly leg: number };

/** Of the real packets, as libwebrtc counts them; times in ms. */
export interface WrtcFigures {
  readonly codec?: string;
  readonly received: number;
  readonly lost: number;
  readonly jitter: number;
  readonly sent: number;
  readonly roundTrip?: number;
  readonly theirs?: { readonly lost: number; readonly loss: number; readonly jitter: number };
}

/** What it tells. */
export type WrtcTold =
  | { readonly tell: 'ready' }
  /** It cannot serve: the package is not there, or is for another platform. */
  | { readonly tell: 'missing'; readonly why: string }
  | {
      readonly tell: 'described';
      readonly ask: number;
      readonly sdp?: string;
      readonly why?: string;
      readonly fault?: IceError['fault'];
    }
  /** 20 ms of 8 kHz. */
  | { readonly tell: 'heard'; readonly leg: number; readonly samples: Int16Array }
  | { readonly tell: 'figures'; readonly leg: number; readonly figures: WrtcFigures }
  | { readonly tell: 'trouble'; readonly leg: number; readonly why: string };
