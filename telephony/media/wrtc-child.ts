import type { IceError } from './ice-servers.ts';
import { WrtcCall } from './wrtc-call.ts';
import type { WrtcCommand, WrtcTold } from './wrtc-protocol.ts';

/** How often figures are taken, ms. */
const beat = 500;

const tell = (told: WrtcTold) => {
  process.send?.(told, (error: Error | null) => {
    // Whoever started this process is gone: so is what it is for.
    if (error) process.exit(0);
  });
};

/** libwebrtc in a process of its own: it crashes at a natural exit, and its threads are not ours to pace. */
async function serve(): Promise<void> {
  const { default: library } = await import('@roamhq/wrtc');
  const calls = new Map<number, WrtcCall>();
  const described = (ask: number, making: Promise<string>) =>
    making.then(
      (sdp) => tell({ tell: 'described', ask, sdp }),
      (error: Error) => {
        const { fault } = error as Partial<IceError>;
        tell({ tell: 'described', ask, why: error.message, ...(fault ? { fault } : {}) });
      },
    );
  const obey = (command: WrtcCommand) => {
    const { leg } = command;
    const call = calls.get(leg);
    switch (command.do) {
      case 'open':
        calls.set(leg, new WrtcCall(library, command.ice, { leg, tell }));
        return;
      case 'describe':
        void described(command.ask, call?.describe(command.offer) ?? Promise.reject(new Error('the call has ended')));
        return;
      case 'accept':
        call?.accept(command.answer).catch((error: Error) => tell({ tell: 'trouble', leg, why: error.message }));
        return;
      case 'say':
        call?.say(command.samples);
        return;
      case 'close':
        call?.close();
        calls.delete(leg);
        return;
    }
    command satisfies never;
  };
  process.on('message', obey);
  setInterval(() => {
    for (const call of calls.values()) call.report().catch(() => undefined);
  }, beat);
  tell({ tell: 'ready' });
}

process.on('disconnect', () => process.exit(0));
serve().catch((error: Error) => {
  tell({ tell: 'missing', why: error.message });
});
