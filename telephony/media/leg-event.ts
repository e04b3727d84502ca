import type { LoudnessFigures } from './loudness.ts';
import type { ReceptionFigures } from './reception.ts';

/** What happens on a leg. `at` is when it was so (epoch ms, by RTP time); `knownAt` is when it could be known. */
export type MediaEvent =
  /** The first packet of a source that came in. */
  | { readonly type: 'first-packet'; readonly at: number; readonly host: string; readonly port: number }
  | { readonly type: 'speech'; readonly at: number; readonly knownAt: number }
  | { readonly type: 'speech-end'; readonly at: number; readonly knownAt: number }
  /** The speech before was a tone or a step of noise: withdraw what it made you do. */
  | { readonly type: 'speech-cancelled'; readonly at: number; readonly knownAt: number }
  | {
      readonly type: 'digit';
      readonly digit: string;
      readonly at: number;
      readonly end: number;
      readonly by: 'rfc4733' | 'in-band';
    }
  /** Another SSRC or a jump: transfer, prompt server, re-INVITE. */
  | { readonly type: 'source-changed'; readonly at: number }
  /** Media come from elsewhere than the SDP said, and are followed (RFC 4961). */
  | { readonly type: 'moved'; readonly at: number; readonly host: string; readonly port: number }
  /** Somebody else sent us RTP; told once, not heard. */
  | { readonly type: 'stranger'; readonly at: number; readonly host: string; readonly port: number }
  | { readonly type: 'left'; readonly at: number }
  /** We sent late: the audio figures of this call say something about us. */
  | { readonly type: 'sender-late'; readonly at: number; readonly skipped: number; readonly p99: number }
  | { readonly type: 'trouble'; readonly at: number; readonly message: string }
  | { readonly type: 'statistics'; readonly at: number; readonly statistics: MediaStatistics };

export interface SentStatistics {
  readonly packets: number;
  readonly octets: number;
  /** Packets that a stall of ours swallowed. */
  readonly skipped: number;
  /** How late packets left, ms. */
  readonly lateP99: number;
  readonly lateMax: number;
  /** Packets that the system refused to send; asked for in the first second, after an error, and else once a second. */
  readonly errors: number;
}

export interface ReceivedStatistics extends ReceptionFigures, LoudnessFigures {
  readonly packets: number;
  readonly octets: number;
  readonly sources: number;
  readonly strays: number;
  readonly strangers: number;
  readonly unknownPayloads: number;
  /** Came after their place had been filled with silence. */
  readonly late: number;
  readonly firstAt?: number;
  readonly lastAt?: number;
  /** dBov over the last second; −100 is digital silence. */
  readonly level: number;
  /** The loudest second so far. */
  readonly loudest: number;
  readonly speechMs: number;
}

/** What the peer's reports say of our stream. */
export interface TheirView {
  readonly lost: number;
  /** 0-1, over all that we sent. */
  readonly loss: number;
  /** ms */
  readonly jitter: number;
  readonly at: number;
}

export interface MediaStatistics {
  readonly at: number;
  /** Since the leg may talk: epoch ms of the first connect. */
  readonly connectedAt?: number;
  readonly direction?: string;
  readonly codec?: string;
  readonly sent: SentStatistics;
  readonly received: ReceivedStatistics;
  /** ms; absent until a report of ours was answered. */
  readonly roundTrip?: number;
  readonly theirs?: TheirView;
  /** Estimated MOS of what we hear: ITU-T G.107, for G.722 G.107.1; absent before the first packet and where no planning values are published (Opus, G.722 with loss). */
  readonly mos?: number;
  /** The same of what they hear, by their reports. */
  readonly theirMos?: number;
}
