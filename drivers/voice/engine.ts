import type { Clock } from '../../core/clock.ts';
import type { MediaThread } from '../../telephony/media/thread.ts';

/** What a session holds while it is open. */
export interface Lease extends AsyncDisposable {
  readonly media: MediaThread;
}

/**
 * The media thread of this process, started for the first session and ended with the last: a thread for each call
 * would cost more than the call (docs/decisions/0007).
 */
export class MediaEngine {
  #thread: Promise<MediaThread> | undefined;
  #leases = 0;

  /** Sessions that hold it. */
  get leases(): number {
    return this.#leases;
  }

  async take(clock: Clock): Promise<Lease> {
    this.#leases += 1;
    this.#thread ??= import('../../telephony/media/thread.ts').then((module) => new module.MediaThread(clock));
    let given = false;
    return {
      media: await this.#thread,
      [Symbol.asyncDispose]: async () => {
        if (given) return;
        given = true;
        this.#leases -= 1;
        if (this.#leases > 0) return;
        const ending = this.#thread;
        this.#thread = undefined;
        await (await ending)?.[Symbol.asyncDispose]();
      },
    };
  }
}
