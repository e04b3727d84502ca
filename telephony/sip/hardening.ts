import { randomBytes } from 'node:crypto';
import type { IncomingResponseMessage, UserAgentCore } from 'sip.js/lib/core/index.js';
import { ClientTransaction, OutgoingRequestMessage, UserAgentClient } from 'sip.js/lib/core/index.js';
import { originOf } from './bridge.ts';
import type { DigestAnswers } from './digest.ts';
import { spell } from './message.ts';

/** What of SIP.js's client the patch touches; most of it is private there. */
interface Client {
  readonly core: UserAgentCore;
  readonly message: OutgoingRequestMessage;
  credentials: unknown;
  init(): void;
}
/**
 * Mends what can be mended in SIP.js only where it stands, for the whole process; a second call changes nothing.
 *
 * - Digest: stock sees only one challenge of a response, only MD5, takes a proxy's 407 and the far end's 401 for a
 *   loop, and reuses the CSeq of a request in a dialog that was challenged.
 * - Branch: stock draws from ten million, so that a few thousand transactions collide (RFC 3261 §8.1.1.7 wants them unique).
 * - Names of headers: stock spells each anew, which is a twentieth of a call's signalling.
 */
export function harden(): void {
  (UserAgentClient.prototype as unknown as { authenticationGuard: unknown }).authenticationGuard = answerChallenge;
  (ClientTransaction as unknown as { makeId: unknown }).makeId = branchOf;
  OutgoingRequestMessage.prototype.setHeader = function (name, value) {
    this.headers[spell(name.toLowerCase())] = Array.isArray(value) ? value : [value];
  };
}

const drawn = { bytes: Buffer.alloc(0), next: 0 };

/** 96 bits as text; drawn for a hundred at once, since each draw costs more than what is drawn. */
function unique(): string {
  if (drawn.next >= drawn.bytes.length) {
    drawn.bytes = randomBytes(1200);
    drawn.next = 0;
  }
  drawn.next += 12;
  return drawn.bytes.toString('base64url', drawn.next - 12, drawn.next);
}

function branchOf(request: { readonly method: string; readonly branch?: string }): string {
  return request.method === 'CANCEL' && request.branch ? request.branch : `z9hG4bK${unique()}`;
}

/** True: nothing to answer here, hand the response up. False: the request is on its way again. */
function answerChallenge(this: Client, response: IncomingResponseMessage): boolean {
  if (response.statusCode !== 401 && response.statusCode !== 407) return true;
  const origin = originOf(response);
  this.credentials ??= this.core.configuration.authenticationFactory();
  if (!origin) return true;
  const { message } = this;
  const body = typeof message.body === 'string' ? message.body : (message.body?.body ?? '');
  const request = { method: message.method, uri: message.ruri.toRaw(), body };
  const lines = (this.credentials as DigestAnswers).answer(origin, request);
  if (typeof lines === 'string') return true;
  const dialog = message.toTag ? this.core.dialogs.get(message.callId + message.fromTag + message.toTag) : undefined;
  if (dialog?.localSequenceNumber) {
    dialog.incrementLocalSequenceNumber();
    message.cseq = dialog.localSequenceNumber;
  } else message.cseq += 1;
  message.setHeader('cseq', `${message.cseq} ${message.method}`);
  for (const [name, line] of lines) message.setHeader(name, line);
  this.init();
  return false;
}
