import { type Clock, systemClock } from '../../core/clock.ts';
import { seeded } from '../../core/random.ts';
import { type AgentSettings, SipAgent } from '../../telephony/sip/agent.ts';
import type { Traced } from '../../telephony/sip/endpoint.ts';
import type { SipLeg } from '../../telephony/sip/leg.ts';
import type { LegEvent, Parley } from '../../telephony/sip/leg-event.ts';
import { startLine } from '../../telephony/sip/message.ts';

/** A description that names an address and port where nobody listens. */
export const sdp = (direction = 'sendrecv', port = 9): string =>
  `${[
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio ${port} RTP/AVP 0 101`,
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:101 telephone-event/8000',
    `a=${direction}`,
  ].join('\r\n')}\r\n`;

/** Speaks SDP without any sound behind it, and keeps what it was told. */
export interface TalkedParley extends Parley {
  direction: string;
  readonly told: string[];
}

export function talkedParley(): TalkedParley {
  const told: string[] = [];
  const parley: TalkedParley = {
    direction: 'sendrecv',
    told,
    offer: () => sdp(parley.direction),
    answer: (offer) => {
      if (!offer.includes('m=audio')) throw new Error('no audio in the offer');
      told.push(offer);
      const asked = /a=(sendonly|recvonly|inactive)/.exec(offer)?.[1];
      return sdp(asked === 'sendonly' ? 'recvonly' : asked === 'recvonly' ? 'sendonly' : (asked ?? parley.direction));
    },
    accept: (answer) => {
      if (!answer.includes('m=audio')) throw new Error('no audio in the answer');
      told.push(answer);
    },
  };
  return parley;
}

export interface Persona extends AsyncDisposable {
  readonly agent: SipAgent;
  readonly ladder: readonly string[];
  readonly traced: readonly Traced[];
  /** The next call that comes in. */
  next(): Promise<SipLeg>;
}

/** An agent on loopback whose ladder is kept; calls to it wait for `next`. */
export async function persona(
  settings: Partial<AgentSettings> & { readonly user: string },
  clock: Clock = systemClock,
): Promise<Persona> {
  const traced: Traced[] = [];
  const ladder: string[] = [];
  const came: SipLeg[] = [];
  const waiting: ((leg: SipLeg) => void)[] = [];
  const agent = await SipAgent.open(
    { host: '127.0.0.1', ...settings },
    {
      clock,
      random: seeded(7),
      traced: (event) => {
        traced.push(event);
        const again = event.again ? ' again' : '';
        ladder.push(
          `${event.direction === 'out' ? '>' : '<'} ${startLine(event.message).replace(/ sip:.*/, '')}${again}`,
        );
      },
    },
  );
  agent.answer(talkedParley, (leg) => {
    const first = waiting.shift();
    if (first) first(leg);
    else came.push(leg);
  });
  return {
    agent,
    ladder,
    traced,
    next: () => {
      const leg = came.shift();
      return leg ? Promise.resolve(leg) : new Promise((resolve) => waiting.push(resolve));
    },
    [Symbol.asyncDispose]: () => agent[Symbol.asyncDispose](),
  };
}

type OfType<T extends LegEvent['type']> = Extract<LegEvent, { readonly type: T }>;

/** The first event of this type from now on. */
export function happens<T extends LegEvent['type']>(leg: SipLeg, type: T): Promise<OfType<T>> {
  return new Promise((resolve) => {
    const stop = leg.on((event) => {
      if (event.type !== type) return;
      stop();
      resolve(event as OfType<T>);
    });
  });
}

/** Everything that happens to a leg from now on. */
export function record(leg: SipLeg): LegEvent[] {
  const events: LegEvent[] = [];
  leg.on((event) => events.push(event));
  return events;
}
