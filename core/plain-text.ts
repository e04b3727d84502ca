/** What others said, fit for a terminal: one line, and no control characters that would move its cursor or name a command. */
export function plainText(text: string): string {
  return text
    .replace(/\r?\n/g, ' ↵ ')
    .replace(/\p{Cc}/gu, (sign) => (sign < ' ' ? String.fromCharCode(0x2400 + sign.charCodeAt(0)) : '\ufffd'));
}
