import { describe, expect, test } from 'vitest';
import { Source } from '../../../telephony/media/stream-figures.ts';

const from = (port: number, address = '192.0.2.1') => ({ address, port });

describe('who is heard', () => {
  test('the address that the SDP names wins at once over one that is only near, so that a re-INVITE is heard', () => {
    const source = new Source();
    source.expect({ host: '192.0.2.1', port: 4000 });
    expect(source.accept(from(4000), 1000)).toEqual([]);
    source.expect({ host: '192.0.2.1', port: 5000 });
    // A packet of the old port was on its way.
    expect(source.accept(from(4000), 1010)).toEqual([{ type: 'moved', at: 1010, host: '192.0.2.1', port: 4000 }]);
    expect(source.accept(from(5000), 1020)).toEqual([]);
    expect(source.is(from(5000))).toBe(true);
    expect(source.accept(from(4000), 1030)).toEqual([{ type: 'stranger', at: 1030, host: '192.0.2.1', port: 4000 }]);
  });

  test('a packet of the old address that was under way does not draw our media back there, unless more come', () => {
    const source = new Source();
    source.expect({ host: '192.0.2.1', port: 4000 });
    source.accept(from(4000), 1000);
    const target = { host: '192.0.2.1', port: 5000 };
    source.expect(target);
    source.accept(from(4000), 1010);
    expect(source.media(target)).toEqual(target);
    source.accept(from(4000), 1500);
    expect(source.media(target)).toEqual(target);
    source.accept(from(4000), 1520);
    expect(source.media(target)).toEqual({ host: '192.0.2.1', port: 4000 });
  });

  test('a stranger does not take over from the address that is named', () => {
    const source = new Source();
    source.expect({ host: '192.0.2.1', port: 4000 });
    source.accept(from(4000), 1000);
    source.accept(from(4000, '198.51.100.9'), 1010);
    expect(source.is(from(4000))).toBe(true);
    expect(source.strangers).toBe(1);
  });
});
