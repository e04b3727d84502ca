import type { MediaStatistics } from './leg-event.ts';

/**
 * Which way the audio of an answered call goes. "200 OK" proves none of it.
 * `unproven`: we hear them, and they send no reports that say whether they hear us.
 */
export type AudioFlow =
  | 'both-ways'
  | 'unproven'
  | 'not-yet'
  | 'no-media'
  | 'we-hear-nothing'
  | 'they-hear-nothing'
  | 'only-silence';

/** Softer than this there is nothing to hear: codecs of a quiet line make −78 dBov and less of digital silence. */
const silence = -75;

/** Judges by the newest figures; `patience` is how long after connecting the first packet may take, ms. */
export function audioFlow(figures: MediaStatistics, patience = 2000): AudioFlow {
  const { received, sent, theirs, connectedAt, at, direction } = figures;
  const due = connectedAt !== undefined && at - connectedAt >= patience;
  const expects = direction === 'sendrecv' || direction === 'recvonly';
  const theyHear = theirs === undefined ? undefined : theirs.loss < 1 && sent.packets > 0;
  if (received.packets === 0) {
    if (!due) return 'not-yet';
    if (!expects) return theyHear === false ? 'they-hear-nothing' : 'unproven';
    return theyHear ? 'we-hear-nothing' : 'no-media';
  }
  if (theyHear === false) return 'they-hear-nothing';
  if (due && received.loudest < silence) return 'only-silence';
  return theyHear ? 'both-ways' : 'unproven';
}

/** The same in words, for a sentence that begins with "the call". */
export const flowWords: Readonly<Record<AudioFlow, string>> = {
  'both-ways': 'has audio both ways',
  unproven: 'brings their audio; whether they hear ours is not reported',
  'not-yet': 'has no audio yet',
  'no-media': 'was answered and no audio came',
  'we-hear-nothing': 'has one-way audio: they receive ours, nothing comes from them',
  'they-hear-nothing': 'has one-way audio: we hear them, nothing of ours arrives',
  'only-silence': 'brings packets that hold nothing but silence',
};
