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

/**
 * Their description as werift 0.25 can read it. Legal, and not for werift: `a=rtcp:` without an address (RFC 3605); an `m=` without `a=mid:`
 * (RFC 8829 §5.10), which it takes for another than ours; none of the directions (RFC 8866 §6.7: `sendrecv`), which it takes for `inactive`.
 * FreeSWITCH 1.11 writes the latter two.
 */
export function readable(sdp: string): string {
  const [head = '', ...media] = sdp.replaceAll(/^a=rtcp:\d+[ \t]*\r?\n/gm, '').split(/^(?=m=)/m);
  const [way = 'a=sendrecv'] = direction.exec(head) ?? [];
  const whole = media.map((section, n) => {
    const missing = [...(direction.test(section) ? [] : [way]), ...(/^a=mid:/m.test(section) ? [] : [`a=mid:${n}`])];
    return [section.replace(/\r?\n?$/, ''), ...missing, ''].join('\r\n');
  });
  return head + whole.join('');
}

const direction = /^a=(?:sendrecv|sendonly|recvonly|inactive)\b/m;

/** Our answer, without names for `m=` lines where the offer has none (RFC 5888 §9.1). */
export const likeTheirs = (answer: string, offer: string): string =>
  /^a=mid:/m.test(offer) ? answer : answer.replaceAll(/^a=(?:mid:|group:BUNDLE ).*\r?\n/gm, '');
