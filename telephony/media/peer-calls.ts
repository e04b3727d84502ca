import type { IceError } from './ice-servers.ts';
import { PeerCall } from './peer-call.ts';
import type { PeerEngine } from './peer-engine.ts';
import type { PeerCommand, PeerTold } from './peer-protocol.ts';

/** How often figures are taken, ms. */
const beat = 500;

/** All calls of one process or page: what obeys commands. */
export function peerCalls<Track>(
  engine: PeerEngine<Track>,
  tell: (told: PeerTold) => void,
): (command: PeerCommand) => void {
  const calls = new Map<number, PeerCall<Track>>();
  const answer = (ask: number, answering: Promise<PeerTold>) =>
    answering.then(tell, (error: Error) => {
      const { fault } = error as Partial<IceError>;
      tell({ tell: 'refused', ask, why: error.message, ...(fault ? { fault } : {}) });
    });
  const live = (leg: number): PeerCall<Track> => {
    const call = calls.get(leg);
    if (!call) throw new Error('the call has ended');
    return call;
  };
  const described = async (leg: number, ask: number, offer?: string): Promise<PeerTold> => ({
    tell: 'described',
    ask,
    sdp: await live(leg).describe(offer),
  });
  const pressed = async (command: Extract<PeerCommand, { do: 'press' }>): Promise<PeerTold> => ({
    tell: 'pressed',
    ask: command.ask,
    tones: await live(command.leg).press(command),
  });
  setInterval(() => {
    for (const call of calls.values()) call.report().catch(() => undefined);
  }, beat);
  return (command) => {
    const { leg } = command;
    const call = calls.get(leg);
    switch (command.do) {
      case 'open':
        calls.set(leg, new PeerCall(engine, { ...command, tell }));
        return;
      case 'describe':
        void answer(command.ask, described(leg, command.ask, command.offer));
        return;
      case 'accept':
        call?.accept(command.answer).catch((error: Error) => tell({ tell: 'trouble', leg, why: error.message }));
        return;
      case 'say':
        call?.say(command.samples);
        return;
      case 'press':
        void answer(command.ask, pressed(command));
        return;
      case 'stop-pressing':
        call?.stopPressing();
        return;
      case 'close':
        call?.close();
        calls.delete(leg);
        return;
    }
    command satisfies never;
  };
}
