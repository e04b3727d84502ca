import type { History } from '../core/history.ts';
import type { Reporter } from '../core/reporter.ts';
import type { World } from '../core/world.ts';
import type { House } from './compose.ts';
import { type Leases, ownLeases } from './turns.ts';

/** What a run remembers and asks of the past. */
export interface Memory extends AsyncDisposable {
  readonly reporters: ReadonlyMap<string, Reporter>;
  readonly history?: History;
  readonly leases: Leases;
  count(kind: 'call' | 'message'): number;
  readonly judge?: World['judge'];
}

export async function memoryOf(_house: Pick<House, 'store'>): Promise<Memory> {
  const sums = { call: 0, message: 0 };
  return {
    reporters: new Map(),
    leases: ownLeases(),
    count: (kind) => {
      sums[kind] += 1;
      return sums[kind];
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}
