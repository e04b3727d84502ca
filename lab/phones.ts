import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { seeded } from '../core/random.ts';
import { MediaThread } from '../telephony/media/thread.ts';
import { Phone } from '../telephony/phone.ts';
import type { Desk } from './desk.ts';
import type { Ground } from './ground.ts';
import type { Intake } from './intake.ts';
import { serve } from './phones/bank.ts';
import { Delivery } from './phones/delivery.ts';
import { renderPrompts } from './phones/prompts.ts';

export interface Phones extends AsyncDisposable {
  /** Takes a TCP connection that speaks SIP. */
  take(socket: Socket): void;
  /** Takes an HTTP connection that asked to become a WebSocket for SIP (RFC 7118). */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** The bank's telephone: any number that is called here is the bank; agents register under their names. Disposing hangs up. */
export async function openPhones(
  front: { readonly ground: Ground; readonly intake: Intake; readonly desk: Desk },
  at: { readonly host: string; readonly port: number },
): Promise<Phones> {
  const { ground } = front;
  const { clock, log } = ground;
  await renderPrompts();
  // A machine that is short of time must not cut words out of what the bank says: late is better than missing.
  const media = new MediaThread(clock, { catchUp: 2000 });
  try {
    const phone = await Phone.open(
      {
        user: 'bank',
        display: 'Acme Bank',
        anyUser: true,
        codecs: ['PCMA', 'PCMU'],
        digits: true,
        rings: false,
        ...at,
      },
      { clock, random: seeded(ground.firstCase), media },
    );
    const counter = { ...front, delivery: new Delivery(phone, () => clock.now()) };
    const calls = new Set<Promise<void>>();
    phone.onCall(
      (call) => {
        const served = serve(call, counter);
        calls.add(served);
        void served.finally(() => calls.delete(served));
      },
      (error) => log(`phone: ${error instanceof Error ? error.message : String(error)}`),
    );
    const webs = new WebSocketServer({ noServer: true, maxPayload: 65_536, handleProtocols: () => 'sip' });
    const trouble = (error: unknown) => log(`phone: ${String(error)}`);
    return {
      take: (socket) => void phone.take({ transport: 'tcp', socket }).catch(trouble),
      upgrade: (request, socket, head) =>
        webs.handleUpgrade(request, socket, head, (web) => {
          const { remoteAddress: host = '', remotePort: port = 0 } = request.socket;
          phone.take({ transport: 'ws', socket: web, remote: { host, port } }).catch(trouble);
        }),
      [Symbol.asyncDispose]: async () => {
        await phone[Symbol.asyncDispose]();
        await Promise.allSettled(calls);
        await new Promise<void>((resolve) => webs.close(() => resolve()));
        await media[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await media[Symbol.asyncDispose]();
    throw error;
  }
}
