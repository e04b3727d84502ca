import { caps } from './message.ts';

type Piece =
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'keep-alive' }
  | { readonly kind: 'unframed'; readonly why: string };

/** Cuts a stream into messages by Content-Length (RFC 3261 §18.3); CRLF CRLF between them is a keep-alive (RFC 5626 §3.5.1). */
export class Framing {
  #held: Buffer = Buffer.alloc(0);

  read(chunk: Buffer): Piece[] {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const pieces: Piece[] = [];
    for (;;) {
      while (this.#held.length >= 2 && this.#held[0] === 13 && this.#held[1] === 10) {
        const double = this.#held.length >= 4 && this.#held[2] === 13 && this.#held[3] === 10;
        if (double) pieces.push({ kind: 'keep-alive' });
        this.#held = this.#held.subarray(double ? 4 : 2);
      }
      const end = this.#held.indexOf('\r\n\r\n');
      if (end < 0) {
        if (this.#held.length > caps.message) pieces.push({ kind: 'unframed', why: 'headers without an end' });
        return pieces;
      }
      const length = contentLength(this.#held.toString('latin1', 0, end));
      if (typeof length === 'string' || length > caps.message) {
        pieces.push({ kind: 'unframed', why: typeof length === 'string' ? length : `body of ${length} bytes` });
        return pieces;
      }
      if (this.#held.length < end + 4 + length) return pieces;
      pieces.push({ kind: 'message', text: this.#held.toString('utf8', 0, end + 4 + length) });
      this.#held = this.#held.subarray(end + 4 + length);
    }
  }
}

function contentLength(head: string): number | string {
  const found = [...head.matchAll(/\r\n(?:content-length|l)[ \t]*:[ \t]*([^\r\n]*)/gi)].map((match) =>
    match[1]!.trim(),
  );
  if (found.length !== 1) return found.length === 0 ? 'no Content-Length' : 'two Content-Length headers';
  return /^\d{1,9}$/.test(found[0]!) ? Number(found[0]) : `Content-Length: ${found[0]}`;
}
