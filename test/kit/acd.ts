import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { seeded, seedOf } from '../../core/random.ts';
import type { Call, CallEvent } from '../../telephony/call.ts';
import { join, sines } from '../../telephony/media/tones.ts';
import { telephone } from './telephone.ts';

/** A queue of a PBX that tells an agent nothing about who calls: no header of the caller goes on, and every call comes from one number. */
export interface Acd extends AsyncDisposable {
  readonly port: number;
  readonly address: string;
  /** Telephones that are registered. */
  readonly phones: number;
  /** Calls that agents have answered. */
  readonly answered: number;
  /** Where agents have sent calls. */
  readonly sentTo: readonly string[];
  /** Rings every agent with these headers, until one of them answers and we hang up. */
  ring(headers: readonly string[]): Promise<void>;
}

interface Queue {
  /** Callers to wait for before the first is put through. */
  readonly callers?: number;
  /** All telephones of the extension ring, or the one that registered last. */
  readonly rings?: 'all' | 'last';
  /** Share of the packets between caller and agent that is lost, each way. */
  readonly loss?: number;
  readonly seed?: number;
}

const music = join([262, 330, 392].flatMap((hz) => [sines([hz, hz * 2.01], 350, -24), new Int16Array(400)]));

/** Two ends of a line that loses packets; who is told the port of one end is heard at the other. */
async function line({ loss, seed }: { loss: number; seed: number }) {
  const ends = await Promise.all(
    [0, 1].map(async () => {
      const socket = createSocket('udp4').bind(0, '127.0.0.1');
      await once(socket, 'listening');
      return { socket, far: 0 };
    }),
  );
  for (const [n, { socket }] of ends.entries()) {
    const roll = seeded(seedOf(seed, n));
    const other = ends[1 - n]!;
    socket.on('message', (packet) => {
      if (other.far !== 0 && roll() >= loss) other.socket.send(packet, other.far, '127.0.0.1');
    });
  }
  return {
    sockets: ends.map(({ socket }) => socket),
    /** The description of who stands at an end, as the other one is to see it. */
    seen: (end: 0 | 1, description: string) => {
      ends[end]!.far = Number(/^m=audio (\d+)/m.exec(description)?.[1]);
      return description.replace(/^m=audio \d+/m, `m=audio ${ends[1 - end]!.socket.address().port}`);
    },
  };
}

export async function acd({ callers = 1, rings = 'all', loss = 0, seed = 1 }: Queue = {}): Promise<Acd> {
  const contacts = new Map<string, string>();
  const sockets: Socket[] = [];
  const full = Promise.withResolvers<void>();
  let waiting = 0;
  let answered = 0;
  const sentTo: string[] = [];

  const decided = (event: CallEvent): event is CallEvent =>
    event.type === 'answered' || event.type === 'refused' || event.type === 'ended';

  async function putThrough(how: { lent: string } | { headers: readonly string[] }): Promise<Call | undefined> {
    const bindings = [...contacts.values()];
    const tried = await Promise.all(
      (rings === 'all' ? bindings : bindings.slice(-1)).map((contact) =>
        queue.phone.dial(contact, { ...how, from: { user: '900' } }),
      ),
    );
    const up = tried.map(async (call) => {
      const { event } = await call.until(decided, 0, AbortSignal.timeout(60_000));
      if (event.type !== 'answered') throw new Error('not answered');
      return call;
    });
    const agent = await Promise.any(up).catch(() => undefined);
    if (agent && 'lent' in how) answered += 1;
    await Promise.all(tried.map((call) => (call === agent ? undefined : call.close())));
    return agent;
  }

  const queue = await telephone(async (caller) => {
    caller.signalling.answer();
    const playing = caller.media.play(music, { loop: true }).catch(() => undefined);
    waiting += 1;
    if (waiting === callers) full.resolve();
    await full.promise;
    const { sockets: two, seen } = await line({ loss, seed: seed + sockets.length });
    sockets.push(...two);
    const agent = await putThrough({ lent: seen(0, caller.description) });
    if (!agent) return void (await caller.close());
    caller.media.stopPlaying();
    await playing;
    await caller.lend(seen(1, agent.description));
    const ended = (event: CallEvent): event is CallEvent => event.type === 'ended' || event.type === 'referred';
    const either = [caller, agent].map((call) => call.until(ended, 0, AbortSignal.timeout(60_000)));
    const { event } = await Promise.any(either);
    if (event.type === 'referred') {
      sentTo.push(event.to);
      agent.signalling.notify(200, 'OK');
    }
    for (const one of either) one.catch(() => undefined);
    await Promise.all([caller.close(), agent.close()]);
  });
  queue.phone.registrar(({ user, contact, expires }) => {
    contacts.delete(`${user} ${contact}`);
    if (expires > 0) contacts.set(`${user} ${contact}`, contact);
  });
  return {
    port: queue.phone.local.port,
    address: queue.address,
    get phones() {
      return contacts.size;
    },
    get answered() {
      return answered;
    },
    sentTo,
    ring: async (headers) => {
      const call = await putThrough({ headers });
      await call?.close();
    },
    [Symbol.asyncDispose]: async () => {
      await queue[Symbol.asyncDispose]();
      for (const socket of sockets) await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}
