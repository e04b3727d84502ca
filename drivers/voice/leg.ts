import type { Call } from '../../telephony/call.ts';
import type { Chosen } from './settings.ts';

/** One call of the session, by the name that `leg:` chooses it with. */
export interface Leg {
  readonly name: string;
  readonly call: Call;
  readonly chosen: Chosen;
}
