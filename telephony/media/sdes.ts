import { randomBytes } from 'node:crypto';
import type { Crypto } from './sdp.ts';

/** A key of our own for a call, of the one suite that every speaker of SDES has to know (RFC 4568 §6.2.1). */
export function newKey(): Crypto {
  return { tag: 1, suite: 'AES_CM_128_HMAC_SHA1_80', key: randomBytes(30).toString('base64') };
}
