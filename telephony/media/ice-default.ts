interface Place {
  readonly address: string;
  readonly port: string;
  readonly type: string;
}

/** The likelier a candidate works, the later (RFC 8839 §4.2.1.2). */
const likely = ['host', 'prflx', 'srflx', 'relay'];

/**
 * A description whose `c=`, `m=` and `a=rtcp:` name its likeliest candidate, of our own address where several are alike. werift 0.25 leaves
 * the address 0.0.0.0 there, which Asterisk 22 takes for a call on hold (RFC 3264 §8.4): whoever it connects us with hears its music.
 */
export function withDefault(sdp: string, host: string): string {
  const lines = [...sdp.matchAll(/^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ (\S+)/gim)];
  const places = lines.map(([, address = '', port = '', type = '']): Place => ({ address, port, type }));
  const rank = ({ address, type }: Place) => 2 * likely.indexOf(type) + (address === host ? 1 : 0);
  const [best] = places.toSorted((a, b) => rank(b) - rank(a));
  if (!best) return sdp;
  const address = `IN ${best.address.includes(':') ? 'IP6' : 'IP4'} ${best.address}`;
  return sdp
    .replace(/^(m=audio )\d+/m, `$1${best.port}`)
    .replaceAll(/^c=IN .*?(\r?)$/gm, `c=${address}$1`)
    .replace(/^a=rtcp:\d+.*?(\r?)$/m, `a=rtcp:${best.port} ${address}$1`);
}
