import { Failure, SpecError } from '../../core/errors.ts';
import type { SipMessage } from '../../telephony/sip/message.ts';

/** Header → text. */
export type HeaderTexts = Readonly<Record<string, string>>;

const readable = /^[\w!#$%&'*+.^`|~-]+$/;

/** `Name: value` lines; a line break in one would forge another header. */
export function headerLines(headers: HeaderTexts): string[] {
  return Object.entries(headers).map(([name, value]) => {
    if (!readable.test(name) || /[\r\n]/.test(value))
      throw new SpecError(
        `\`${name}\` cannot be a SIP header`,
        'a name of letters, digits and dashes, a value of one line',
      );
    return `${name}: ${value}`;
  });
}

/** Headers of the other side that are no machinery of SIP, as `save` keeps them. */
export function headersOf(...messages: readonly (SipMessage | undefined)[]): Readonly<Record<string, string>> {
  const machinery =
    /^(via|from|to|call-id|cseq|contact|record-route|route|content-|max-forwards|allow|supported|user-agent|server)/;
  const told: Record<string, string> = {};
  for (const message of messages) {
    const own: Record<string, string> = {};
    for (const { name, value } of message?.headers ?? [])
      if (!machinery.test(name)) own[name] = own[name] === undefined ? value : `${own[name]}, ${value}`;
    Object.assign(told, own);
  }
  return told;
}

/** Each header that is expected holds its text; `*` for any. Throws Failure. */
export function expectHeaders(came: HeaderTexts, expected: HeaderTexts): void {
  for (const [name, text] of Object.entries(expected)) {
    const value = came[name.toLowerCase()];
    if (value !== undefined && (text === '*' || value.includes(text))) continue;
    throw new Failure(value === undefined ? `they sent no ${name}` : `their ${name} is another`, {
      expected: `${name}: ${text}`,
      came: value === undefined ? Object.keys(came).join(', ') || 'no headers of their own' : `${name}: ${value}`,
    });
  }
}
