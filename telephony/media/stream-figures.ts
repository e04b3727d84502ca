import { estimate, estimateWideband, g711Equipment, g722Impairment, mouthToEar } from './e-model.ts';
import type { Ear } from './ear.ts';
import type { MediaEvent, MediaStatistics } from './leg-event.ts';
import type { AudioTarget } from './offer.ts';
import type { PeerFigures } from './peer-protocol.ts';
import type { Receiver } from './receiver.ts';
import type { Reports } from './reports.ts';
import type { SentFigures } from './sender.ts';
import type { Lateness } from './wheel.ts';

interface Address {
  readonly host: string;
  readonly port: number;
}

const none: readonly MediaEvent[] = [];
/** When the address that the SDP names has been quiet this long, somebody else may be heard instead (RFC 4961). */
const patience = 500;

/** Where the media of a call come from and go to: by SDP, or where they really come from. */
export class Source {
  #expected: Address | undefined;
  #expectedAt = 0;
  #followed: Address | undefined;
  /** Heard before the SDP named another: what it had under way is heard, and does not draw our media back. */
  #former: Address | undefined;
  #lastAt = 0;
  #strangers = 0;

  get strangers(): number {
    return this.#strangers;
  }

  /** The SDP names an address: whether it is another than before. */
  expect({ host, port }: Address): boolean {
    if (this.#expected?.host === host && this.#expected.port === port) return false;
    // Early media from the place that is now named need no second look.
    if (this.#followed?.host !== host || this.#followed.port !== port) {
      this.#former = this.#followed;
      this.#followed = undefined;
    }
    this.#expected = { host, port };
    this.#expectedAt = 0;
    return true;
  }

  is({ address, port }: { readonly address: string; readonly port: number }): boolean {
    return this.#followed?.port === port && this.#followed.host === address;
  }
  isHost(host: string): boolean {
    return this.#followed?.host === host || this.#expected?.host === host;
  }

  /** Decides once who is heard; later ones are strangers unless the first has gone quiet and they are named. */
  accept(from: { readonly address: string; readonly port: number }, at: number): readonly MediaEvent[] {
    const { address, port } = from;
    this.#expectedAt ||= at;
    if (this.is(from)) {
      this.#lastAt = at;
      if (at - this.#expectedAt >= patience) this.#former = undefined;
      return none;
    }
    const expected = this.#expected;
    const named = expected === undefined || (expected.host === address && expected.port === port);
    const near = expected?.host === address;
    const free = this.#followed === undefined && (named || near || at - this.#expectedAt >= patience);
    // Who only came from the same host, or moved, gives way to the address that the SDP names: so a re-INVITE is heard at once.
    const strayed =
      this.#followed !== undefined && !this.is({ address: expected?.host ?? '', port: expected?.port ?? 0 });
    if (free || (named && (strayed || at - this.#lastAt >= patience))) {
      this.#followed = { host: address, port };
      this.#lastAt = at;
      return named ? [] : [{ type: 'moved', at, host: address, port }];
    }
    this.#strangers += 1;
    return this.#strangers === 1 ? [{ type: 'stranger', at, host: address, port }] : [];
  }

  media(target: Address): Address {
    const to = this.#followed ?? target;
    return this.#former?.host === to.host && this.#former.port === to.port ? target : to;
  }
  control(target: AudioTarget): Address {
    const { host, port } = this.media(target);
    if (target.mux) return { host, port };
    return { host, port: port === target.port ? target.rtcpPort : port + 1 };
  }
}

interface Parts {
  readonly at: number;
  readonly connectedAt: number | undefined;
  readonly target: AudioTarget | undefined;
  readonly sent: SentFigures & { readonly late: Lateness; readonly errors: number };
  readonly received: Receiver['figures'];
  readonly strangers: number;
  readonly ear: Ear;
  readonly reports: Reports;
  readonly outside: PeerFigures | undefined;
}

/** G.711 as phones play it: with the holes concealed. */
const equipment = g711Equipment.concealed;

export function mediaStatistics({
  at,
  connectedAt,
  target,
  sent,
  received,
  strangers,
  ear,
  reports,
  outside,
}: Parts): MediaStatistics {
  const { late, ...figures } = sent;
  const roundTrip = outside?.roundTrip ?? reports.roundTrip;
  const theirs = outside ? outside.theirs && { ...outside.theirs, at } : reports.theirs;
  const came = outside ? { ...received, ...packetsOf(outside) } : received;
  const codec = outside?.codec ?? target?.codec.name;
  const level = ear.level();
  const mos = opinionOf(codec, roundTrip);
  return {
    at,
    ...(connectedAt === undefined ? {} : { connectedAt }),
    ...(target ? { direction: target.direction } : {}),
    ...(codec === undefined ? {} : { codec }),
    sent: {
      ...figures,
      ...(outside ? { packets: outside.sent } : {}),
      lateP99: late.percentile(0.99),
      lateMax: late.max,
    },
    received: { ...came, strangers, level, loudest: ear.loudest, speechMs: ear.speechMs, ...ear.loudness.figures },
    ...(roundTrip === undefined ? {} : { roundTrip }),
    ...(theirs ? { theirs } : {}),
    ...(came.packets > 0 ? mos('mos', came.loss, came.jitterMean, came.burstRatio) : {}),
    ...(theirs ? mos('theirMos', theirs.loss, theirs.jitter) : {}),
  };
}

function packetsOf({ received, lost, jitter }: PeerFigures) {
  const expected = received + lost;
  const loss = expected === 0 ? 0 : lost / expected;
  return { packets: received, received, expected, lost, loss, jitter, jitterMean: jitter, jitterMax: jitter };
}

/** Nothing for a codec, or a loss, of which no planning values are published. */
function opinionOf(codec: string | undefined, roundTrip: number | undefined) {
  return (of: 'mos' | 'theirMos', loss: number, jitter: number, burstRatio = 1) => {
    const delay = mouthToEar(roundTrip, jitter);
    if (codec === 'PCMU' || codec === 'PCMA') return { [of]: estimate({ delay, loss, burstRatio, equipment }).mos };
    if (codec === 'G722' && loss === 0) return { [of]: estimateWideband({ delay, ie: g722Impairment }).mos };
    return {};
  };
}
