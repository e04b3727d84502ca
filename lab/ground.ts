import type { Clock } from '../core/clock.ts';
import type { FaultBoard } from './faults.ts';

/** What every part of one lab stands on. */
export interface Ground {
  readonly clock: Clock;
  readonly faults: FaultBoard;
  /** Fires when the lab closes. */
  readonly stop: AbortSignal;
  /** First number that is given to a case. */
  readonly firstCase: number;
  log(line: string): void;
}

/** Acts `ms` from now unless the lab closes first; what goes wrong is logged, never thrown. */
export function later(ground: Ground, ms: number, act: () => void): void {
  ground.clock
    .sleep(ms, ground.stop)
    .then(act)
    .catch((error: unknown) => {
      if (!ground.stop.aborted) ground.log(`something of the lab itself went wrong: ${String(error)}`);
    });
}
