import type { PeerCommand, PeerTold } from './peer-protocol.ts';

export const tell = (told: PeerTold): void => {
  process.send?.(told, (error: Error | null) => {
    // Whoever started this process is gone: so is what it is for.
    if (error) process.exit(0);
  });
};

/** Serves whoever started this process until that is gone; where it cannot begin, `missing` says why and what mends it. */
export function serve(missing: (why: string) => string, begin: () => Promise<(command: PeerCommand) => void>): void {
  process.on('disconnect', () => process.exit(0));
  begin().then(
    (obey) => {
      process.on('message', obey);
      tell({ tell: 'ready' });
    },
    (error: Error) => {
      const [first = ''] = error.message.split('\n');
      tell({ tell: 'over', why: missing(first) });
    },
  );
}
