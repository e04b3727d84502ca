import { VoiceActivity } from '../../../telephony/hearing/voice-activity.ts';
import { g711 } from '../../../telephony/media/g711.ts';
import type { HeardChunk } from '../../../telephony/media/tap.ts';
import { join } from '../../../telephony/media/tones.ts';

export const silence = (ms: number) => new Int16Array(ms * 8);

/** A µ-law line from epoch ms 0 on, cut into chunks of 100 ms as a leg's tap would. */
export function* line(...pieces: readonly Int16Array[]): Generator<HeardChunk> {
  const { encode, decode } = g711('PCMU');
  const pcm = decode(encode(join(pieces)));
  const activity = new VoiceActivity({ hangMs: 300 });
  for (let n = 0; n < pcm.length; n += 800) {
    const samples = new Int16Array(pcm.subarray(n, n + 800));
    yield { at: n / 8, samples, holes: [], voice: activity.push(samples) };
  }
}
