import type { Alarms } from './alarms.ts';
import type { Hop } from './flow.ts';
import type { SipMessage, SipRequest, SipResponse } from './message.ts';
import { T1 } from './reliability.ts';

/** ms of silence after which the next place is asked: Timer B, which RFC 3263 §4.3 means, is longer than any caller waits. */
const patience = 8 * T1;
/** ms for which a place that failed comes last. */
const aside = 60_000;
/** ms that an INVITE may ring; then nothing is known of it here. */
const ringing = 3_600_000;

/** One request, at one place after the other. */
interface Attempt {
  /** Branch that SIP.js gave it. */
  readonly own: string;
  request: SipRequest;
  place: Hop;
  rest: readonly Hop[];
  moves: number;
  quiet: () => void;
  end: () => void;
}

export interface FailoverEars {
  /** Nothing more is expected of this request, as it was sent. */
  abandon(request: SipRequest): void;
  /** To these places, best first; a new transaction. */
  again(request: SipRequest, places: readonly Hop[]): void;
}

/**
 * Requests outside of dialogs whose server has several addresses: what is answered 503, not answered, or cannot be sent goes to the next
 * one under a branch of its own (RFC 3263 §4.3). SIP.js knows of one transaction and one branch.
 */
export class Failover {
  readonly #alarms: Alarms;
  readonly #ears: FailoverEars;
  readonly #byBranch = new Map<string, Attempt>();
  readonly #failed = new Map<string, () => void>();

  constructor(alarms: Alarms, ears: FailoverEars) {
    this.#alarms = alarms;
    this.#ears = ears;
  }

  /** Those that failed lately come last. */
  order(places: readonly Hop[]): readonly Hop[] {
    if (places.length < 2 || this.#failed.size === 0) return places;
    const failed = (place: Hop) => Number(this.#failed.has(nameOf(place)));
    return places.toSorted((a, b) => failed(a) - failed(b));
  }

  /** A request has left for a place; these are left. */
  sent(request: SipRequest, place: Hop, rest: readonly Hop[]): void {
    const branch = branchOf(request);
    const known = this.#byBranch.get(branch);
    if (!known && (rest.length === 0 || request.to.parameters.tag)) return;
    const quiet = rest.length === 0 ? () => {} : this.#alarms.after(patience, () => this.#move(attempt));
    const attempt: Attempt = known ?? { own: branch, request, place, rest, moves: 0, quiet, end: () => {} };
    Object.assign(attempt, { request, place, rest, quiet });
    attempt.end();
    attempt.end = this.#alarms.after(ringing, () => this.#forget(attempt));
    this.#byBranch.set(branch, attempt);
  }

  /** As SIP.js knows it; undefined: it goes on elsewhere. `acknowledge` is called of a refusal that nobody else hears of. */
  heard(response: SipResponse, acknowledge: () => void): SipResponse | undefined {
    const attempt = this.#byBranch.get(branchOf(response));
    if (!attempt) return response;
    if (branchOf(attempt.request) === branchOf(response)) {
      attempt.quiet();
      if (response.status === 503 && attempt.rest.length > 0) {
        acknowledge();
        this.#move(attempt);
        return undefined;
      }
    }
    if (response.status >= 200) {
      attempt.end();
      attempt.end = this.#alarms.after(64 * T1, () => this.#forget(attempt));
    }
    return withBranch(response, attempt.own);
  }

  /** True: what could not be sent goes on elsewhere. */
  lost(request: SipRequest): boolean {
    const attempt = this.#byBranch.get(branchOf(request));
    if (!attempt || attempt.rest.length === 0 || branchOf(attempt.request) !== branchOf(request)) return false;
    this.#move(attempt);
    return true;
  }

  /** What follows a request (ACK to a refusal, CANCEL) as the place that it is at knows it. */
  following(request: SipRequest): SipRequest {
    const attempt = this.#byBranch.get(branchOf(request));
    return attempt ? withBranch(request, branchOf(attempt.request)) : request;
  }

  /** As SIP.js knows it. */
  original(request: SipRequest): SipRequest {
    const attempt = this.#byBranch.get(branchOf(request));
    return attempt ? withBranch(request, attempt.own) : request;
  }

  #move(attempt: Attempt): void {
    attempt.quiet();
    const place = nameOf(attempt.place);
    this.#failed.get(place)?.();
    this.#failed.set(
      place,
      this.#alarms.after(aside, () => this.#failed.delete(place)),
    );
    this.#ears.abandon(attempt.request);
    attempt.moves += 1;
    const request = withBranch(attempt.request, `${attempt.own}.${attempt.moves}`);
    attempt.request = request;
    this.#byBranch.set(branchOf(request), attempt);
    this.#ears.again(request, attempt.rest);
  }

  #forget(attempt: Attempt): void {
    for (let move = 0; move <= attempt.moves; move += 1)
      this.#byBranch.delete(move === 0 ? attempt.own : `${attempt.own}.${move}`);
  }
}

const nameOf = ({ transport, host, port }: Hop): string => `${transport} ${host}:${port}`;

const branchOf = (message: SipMessage): string => message.via.parameters.branch ?? '';

function withBranch<T extends SipMessage>(message: T, branch: string): T {
  return { ...message, via: { ...message.via, parameters: { ...message.via.parameters, branch } } };
}
