import type { SipRequest, SipResponse } from './message.ts';
import type { Reason, Refusal } from './outcome.ts';

/** What happens to one call leg; `at` is epoch ms, when it was read from the socket. */
export type LegEvent =
  | { readonly type: 'trying'; readonly at: number }
  | { readonly type: 'ringing'; readonly at: number; readonly status: number; readonly message: SipResponse }
  /** 18x with SDP: sound may come before the answer. */
  | { readonly type: 'early'; readonly at: number; readonly status: number; readonly message: SipResponse }
  /** Sent elsewhere by a 3xx, and followed. */
  | { readonly type: 'redirected'; readonly at: number; readonly status: number; readonly to: string }
  | { readonly type: 'answered'; readonly at: number; readonly message?: SipResponse }
  | { readonly type: 'refused'; readonly at: number; readonly refusal: Refusal }
  /** A call that was answered is over; or one offered to us was taken back. */
  | {
      readonly type: 'ended';
      readonly at: number;
      readonly by: 'us' | 'them';
      readonly reasons: readonly Reason[];
      readonly message?: SipRequest;
    }
  /** The other side changed the session by re-INVITE. */
  | { readonly type: 'changed'; readonly at: number; readonly offer: string }
  /** We are asked to call somebody else (RFC 3515), with header lines that this call has to carry (Replaces). */
  | {
      readonly type: 'referred';
      readonly at: number;
      readonly to: string;
      readonly lines: readonly string[];
      readonly message: SipRequest;
    }
  /** Progress of a transfer that we asked for: status line of its `message/sipfrag`. */
  | { readonly type: 'transfer'; readonly at: number; readonly status: number; readonly phrase: string }
  | {
      readonly type: 'info';
      readonly at: number;
      readonly contentType: string;
      readonly body: string;
    };

export type LegListener = (event: LegEvent) => void;

/** Who speaks SDP for a leg. `answer` and `accept` throw when the description cannot be used. */
export interface Parley {
  /** An offer of what is wanted now. */
  offer(): string;
  answer(offer: string): string;
  accept(answer: string): void;
}
