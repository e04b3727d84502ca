import { seeded } from '../../core/random.ts';

/** How a line loses packets on purpose. */
export interface Thinning {
  /** Share that is lost, 0 to 1. */
  readonly loss: number;
  /** Packets that are lost at a time; 1 when absent. */
  readonly burst?: number;
  readonly seed: number;
}

/** Says of each packet in turn whether it is lost; the same seed loses the same ones. */
export function thinner({ loss, burst = 1, seed }: Thinning): () => boolean {
  const random = seeded(seed);
  let left = 0;
  return () => {
    // A burst begins so often that its packets make up the share.
    if (left === 0 && random() < loss / (burst - (burst - 1) * loss)) left = burst;
    if (left === 0) return false;
    left -= 1;
    return true;
  };
}
