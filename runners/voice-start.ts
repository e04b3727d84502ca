/** What a first call needs to know. */
export interface FirstCall {
  /** Registrar and proxy, as people write it. */
  readonly server: string;
  /** Extension; absent: the trunk knows us by our address. */
  readonly user?: string;
  readonly number: string;
}

/** Files of a first call on a PBX of the user's own, by path. */
export function voiceFiles({ server, user, number }: FirstCall): Readonly<Record<string, string>> {
  const host = server.replace(/^(sips?:|wss?:\/\/)/i, '').replace(/^(\[[^\]]*\]|[^:;/]*).*$/, '$1');
  const account =
    user === undefined
      ? `      # user: "1001"               # your extension; without it the PBX has to know this machine by its address
      # auth: { user: "1001", password: "\${env.THROUGHLINE_SIP_PASSWORD}" }
`
      : `      user: ${JSON.stringify(user)}
      auth: { user: ${JSON.stringify(user)}, password: "\${env.THROUGHLINE_SIP_PASSWORD}" }
`;
  return {
    'config/pbx.yaml': `# Your PBX or SIP trunk. docs/guide/voice.md explains each line.
location: office
guard:
  targets: [${JSON.stringify(host)}, ${JSON.stringify(number)}]   # nothing else is ever called; "10*": all numbers that begin so
voice:
  trunks:
    pbx:
      server: ${JSON.stringify(server)}   # pbx.example, 10.0.0.1:5070, sip:pbx.example;transport=tcp
${account}  names:
    front-desk: ${JSON.stringify(number)}   # a number that answers by itself: an IVR, voicemail, an echo test
`,
    'journeys/voice/first-call.yaml': `# yaml-language-server: $schema=../journey.schema.json
title: A customer calls and is greeted
steps:
  - voice.dial: front-desk
    target: 5s
    within: 30s
  - voice.hear-speech:
    target: 2s
    within: 10s
  - pause: 3s
  - voice.expect-quality: { mos: 3.5 }
  - voice.hang-up:
`,
  };
}
