import { ProtectionProfileAes128CmHmacSha1_80, RtpHeader, SrtcpSession, SrtpSession } from 'werift';
import type { Crypto } from './sdp.ts';

/** The keys of both sides, as SDES names them. */
export interface Keys {
  readonly ours: Crypto;
  readonly theirs: Crypto;
}

/** Master key of 16 and salt of 14 bytes (RFC 3711 §8.2). */
const lengths = { key: 16, salt: 14 } as const;

/** SRTP and SRTCP of one stream (RFC 3711: AES-CM of 128 bit, HMAC-SHA1 of 80), both directions. Throws RangeError for a key of another length. */
export class Shield {
  readonly keys: Keys;
  readonly #rtp: SrtpSession;
  readonly #rtcp: SrtcpSession;

  constructor(keys: Keys) {
    this.keys = keys;
    const [ours, theirs] = [split(keys.ours.key), split(keys.theirs.key)];
    const config = {
      profile: ProtectionProfileAes128CmHmacSha1_80,
      keys: {
        localMasterKey: ours.key,
        localMasterSalt: ours.salt,
        remoteMasterKey: theirs.key,
        remoteMasterSalt: theirs.salt,
      },
    };
    this.#rtp = new SrtpSession(config);
    this.#rtcp = new SrtcpSession(config);
  }

  /** Whether it is for these keys: a new one would begin to count packets again. */
  fits({ ours, theirs }: Keys): boolean {
    return ours.key === this.keys.ours.key && theirs.key === this.keys.theirs.key;
  }

  seal(packet: Uint8Array): Uint8Array {
    const bytes = bufferOf(packet);
    const header = RtpHeader.deSerialize(bytes);
    return this.#rtp.encrypt(bytes.subarray(header.payloadOffset), header);
  }

  sealReport(report: Uint8Array): Uint8Array {
    return this.#rtcp.encrypt(bufferOf(report));
  }

  /** What was sealed; undefined for what their key did not seal. */
  open(packet: Uint8Array): Uint8Array | undefined {
    return attempt(() => this.#rtp.decrypt(bufferOf(packet)));
  }

  openReport(report: Uint8Array): Uint8Array | undefined {
    return attempt(() => this.#rtcp.decrypt(bufferOf(report)));
  }
}

function split(text: string): { readonly key: Buffer; readonly salt: Buffer } {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== lengths.key + lengths.salt)
    throw new RangeError(`an SRTP key of ${bytes.length} bytes: AES_CM_128 wants ${lengths.key + lengths.salt}`);
  return { key: bytes.subarray(0, lengths.key), salt: bytes.subarray(lengths.key) };
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Whatever is wrong with a packet of somebody else's, it is not ours to throw over. */
function attempt(open: () => Uint8Array): Uint8Array | undefined {
  try {
    return open();
  } catch {
    return undefined;
  }
}
