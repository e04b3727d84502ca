import { Dialog, type IncomingRequestMessage, type Session, type UserAgentCore } from 'sip.js/lib/core/index.js';
import type { NameAddrHeader, URI } from 'sip.js/lib/grammar/index.js';
import { originOf } from './bridge.ts';
import { sdpOf } from './message.ts';

/** What SIP.js's dialogs keep to themselves. */
interface Inside {
  readonly delegate?: Session['delegate'] & UpdateDelegate;
  readonly dialogState: { remoteTarget: URI };
  sequenceGuard(message: IncomingRequestMessage): boolean;
}

/** Beside SIP.js's own delegate of a session: it knows no UPDATE. */
export interface UpdateDelegate {
  /** Returns header lines, and the answer when there was an offer; throws when it cannot be taken. */
  onUpdate?(message: IncomingRequestMessage, offer: string | undefined): Updated;
}

export interface Updated {
  readonly lines: readonly string[];
  readonly answer?: string;
}

/** An UPDATE (RFC 3311): moves the remote target, refreshes the session, and may carry an offer. */
export function receiveUpdate(core: UserAgentCore, message: IncomingRequestMessage): void {
  const found = core.dialogs.get(message.callId + message.toTag + message.fromTag);
  if (!found) return void core.replyStateless(message, { statusCode: 481 });
  const dialog = found as unknown as Inside;
  if (!dialog.sequenceGuard(message)) return;
  Dialog.prototype.receiveRequest.call(found, message);
  const contact = message.parseHeader('contact') as NameAddrHeader | undefined;
  if (contact) dialog.dialogState.remoteTarget = contact.uri;
  const offer = sdpOf(originOf(message));
  if (offer === undefined && message.body !== '')
    return void core.replyStateless(message, { statusCode: 415, extraHeaders: ['Accept: application/sdp'] });
  try {
    const { lines, answer } = dialog.delegate?.onUpdate?.(message, offer) ?? { lines: [] };
    const body =
      answer === undefined
        ? {}
        : { body: { contentDisposition: 'session', contentType: 'application/sdp', content: answer } };
    core.replyStateless(message, { statusCode: 200, extraHeaders: [...lines], ...body });
  } catch {
    core.replyStateless(message, { statusCode: 488 });
  }
}
