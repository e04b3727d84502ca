import type { PeerFigures } from './peer-protocol.ts';

type Stat = Readonly<Record<string, unknown>> & { readonly type: string; readonly id: string };

/** Figures of a call out of what `getStats` tells (W3C, Identifiers for WebRTC's Statistics API). */
export function figuresOf(report: Iterable<readonly [string, unknown]>): PeerFigures {
  const all = new Map([...report].map(([id, stat]) => [id, stat as Stat]));
  const of = (type: string) => [...all.values()].find((stat) => stat.type === type);
  const number = (stat: Stat | undefined, name: string) => Number(stat?.[name] ?? 0);
  const [came, went, back] = [of('inbound-rtp'), of('outbound-rtp'), of('remote-inbound-rtp')];
  const mime = all.get(String((came ?? went)?.codecId))?.mimeType;
  const sent = number(went, 'packetsSent');
  const lost = number(back, 'packetsLost');
  return {
    ...(typeof mime === 'string' ? { codec: mime.slice(mime.indexOf('/') + 1).toUpperCase() } : {}),
    received: number(came, 'packetsReceived'),
    lost: Math.max(0, number(came, 'packetsLost')),
    jitter: number(came, 'jitter') * 1000,
    sent,
    ...(back?.roundTripTime === undefined ? {} : { roundTrip: number(back, 'roundTripTime') * 1000 }),
    ...(back
      ? {
          theirs: {
            lost,
            loss: sent === 0 ? 0 : Math.max(0, Math.min(1, lost / sent)),
            jitter: number(back, 'jitter') * 1000,
          },
        }
      : {}),
  };
}
