import type wrtc from '@roamhq/wrtc';
import { peerCalls } from './peer-calls.ts';
import { serve, tell } from './peer-child.ts';
import type { Peer, PeerEngine } from './peer-engine.ts';

type Wrtc = typeof wrtc;
type Track = ConstructorParameters<Wrtc['nonstandard']['RTCAudioSink']>[0];

/** libwebrtc takes 10 ms at a time. */
const frame = 80;

/** 10 ms of what is heard. */
interface Frame {
  readonly samples: Int16Array;
  readonly sampleRate: number;
}

/** libwebrtc in a process of its own: it crashes at a natural exit, and its threads are not ours to pace. */
function engineOf({ nonstandard, RTCPeerConnection, RTCRtpReceiver }: Wrtc): PeerEngine<Track> {
  return {
    connect: (settings) => new RTCPeerConnection(settings) as Peer<Track>,
    capabilities: RTCRtpReceiver.getCapabilities('audio')?.codecs ?? [],
    source() {
      const source = new nonstandard.RTCAudioSource();
      const say = (samples: Int16Array) => {
        for (let at = 0; at + frame <= samples.length; at += frame)
          source.onData({
            samples: samples.slice(at, at + frame),
            sampleRate: 8000,
            bitsPerSample: 16,
            channelCount: 1,
            numberOfFrames: frame,
          });
      };
      const track = source.createTrack();
      return { track, say, end: () => track.stop() };
    },
    listen(track, heard) {
      const sink = new nonstandard.RTCAudioSink(track);
      sink.ondata = ({ samples, sampleRate }: Frame) => heard(samples, sampleRate);
      return () => sink.stop();
    },
  };
}

serve(
  (why) => `engine wrtc needs the package @roamhq/wrtc, which cannot be loaded here (${why}): npm install @roamhq/wrtc`,
  async () => {
    const { default: library } = await import('@roamhq/wrtc');
    return peerCalls(engineOf(library), tell);
  },
);
