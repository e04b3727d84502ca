import { z } from 'zod';
import { duration } from '../../core/duration.ts';
import { SpecError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import type { ToneName } from '../../telephony/hearing/tone-name.ts';
import type { WebEngine } from '../../telephony/media/web-wire.ts';
import type { PhoneSettings } from '../../telephony/phone.ts';

const engines = ['werift', 'wrtc', 'browser'] as const satisfies readonly WebEngine[];

const iceServer = z
  .strictObject({
    urls: z
      .string()
      .refine(
        (urls) => /^(stun:[^\s?]+|turns?:[^\s?]+(\?transport=(udp|tcp))?)$/i.test(urls),
        'stun:host:port, turn:host:port, turn:host:port?transport=tcp or turns:host:port',
      )
      .describe('one server: stun:host:port, turn:host:port?transport=tcp, turns:host:port'),
    username: z.string().optional(),
    credential: z.string().optional().describe('as ${env.NAME}'),
  })
  .refine(
    ({ urls, username, credential }) => /^stun:/i.test(urls) || (username !== undefined && credential !== undefined),
    'a TURN server asks for `username` and `credential`',
  );
const iceSettings = z
  .strictObject({
    servers: z.array(iceServer).min(1),
    policy: z.enum(['all', 'relay']).default('all').describe('relay: sound goes through a TURN server, or not at all'),
  })
  .refine(
    ({ servers, policy }) => policy === 'all' || servers.some(({ urls }) => /^turn/i.test(urls)),
    '`policy: relay` wants a TURN server',
  );

const persona = z.strictObject({
  server: z
    .string()
    .optional()
    .describe('registrar and outbound proxy: pbx.example, 10.0.0.1:5070, sip:pbx;transport=tcp'),
  proxy: z
    .string()
    .optional()
    .describe('outbound proxy, where that is another than the server: everything is sent through it'),
  transport: z.enum(['udp', 'tcp', 'tls', 'ws', 'wss']).optional().describe('udp unless the server says otherwise'),
  tls: z
    .strictObject({
      ca: z.string().optional().describe('authorities beside those of the system'),
      cert: z.string().optional().describe('our own certificate, where the server asks for one'),
      key: z.string().optional().describe('its key'),
      name: z.string().optional().describe('what the certificate of the server must name; else its host'),
      verify: z.boolean().optional().describe('false: any certificate will do'),
    })
    .optional()
    .describe('for tls, wss and turns; paths of PEM files'),
  webrtc: z
    .boolean()
    .optional()
    .describe('sound by WebRTC (ICE, DTLS-SRTP) rather than plain RTP; so it is over ws and wss unless false'),
  engine: z.enum(engines).optional().describe('of WebRTC, for this phone alone; else as `engine` of all says'),
  ice: z
    .union([z.array(iceServer).transform((servers) => ({ servers, policy: 'all' as const })), iceSettings])
    .optional()
    .describe('for WebRTC: STUN and TURN servers, all of which are asked; with `policy` as { servers, policy }'),
  domain: z.string().optional().describe('of our own address and of dialled numbers; else the host of the server'),
  user: z.string().optional().describe('who calls: number or extension'),
  display: z.string().optional().describe('name shown to the other side'),
  auth: z
    .strictObject({ user: z.string(), password: z.string() })
    .optional()
    .describe('digest credentials; the password as ${env.NAME}'),
  identity: z
    .enum(['from', 'asserted', 'preferred'])
    .optional()
    .describe(
      'where `from` and `withheld` of a call stand: in From, or, for a PBX that knows accounts by From, in P-Asserted-Identity or P-Preferred-Identity',
    ),
  register: z.boolean().optional().describe('register with the server while the session lasts; agents do'),
  host: z.string().optional().describe('address to bind; else the one that faces the server'),
  port: z.number().int().min(1).max(65_535).optional().describe('where calls come in without a registration; else any'),
  codecs: z
    .array(z.enum(['PCMU', 'PCMA', 'G722', 'opus']))
    .min(1)
    .optional()
    .describe('in order of liking; without it PCMU, PCMA, G722, and over WebRTC opus too'),
  srtp: z
    .enum(['off', 'sdes'])
    .optional()
    .describe(
      'sdes: sound encrypted with keys in the signalling (RFC 4568), for trunks over TLS; WebRTC has keys of its own',
    ),
  dtmf: z.enum(['rfc4733', 'in-band', 'info']).optional().describe('how digits are sent'),
  headers: z.record(z.string(), z.string()).optional().describe('SIP headers of every call'),
});

const claimed = z
  .union([
    z.literal('tone').transform(() => ({ by: 'tone' as const, within: 8000, back: undefined })),
    z.strictObject({
      by: z.literal('tone'),
      within: duration.prefault('8s').describe('how long a call that was taken is listened to for a marker'),
      back: z
        .string()
        .optional()
        .describe('number, SIP address or name where a call of nobody here is sent on to; without it we hang up'),
    }),
  ])
  .describe(
    'tone: a call that nothing else marks is answered, whoever calls, and is that of the walk whose customer is heard sounding its marker; for extensions that no real customer is put through to',
  );

const listens = {
  language: z.string().default('en').describe('ISO 639-1'),
  timeout: duration.prefault('10s').describe('how long it may take, beside the length of the sound'),
};
const transcriber = z.union([
  z.strictObject({
    url: z
      .string()
      .refine((url) => /^https?:$/.test(URL.parse(url)?.protocol ?? ''), 'an http or https address')
      .describe('OpenAI-compatible: `/v1/audio/transcriptions` is added'),
    key: z.string().optional().describe('bearer key, as ${env.NAME}'),
    model: z.string().default('whisper-1'),
    ...listens,
  }),
  z.strictObject({
    command: z
      .array(z.string())
      .min(1)
      .refine((words) => words.some((word) => word.includes('{wav}')), 'one of the words must hold {wav}')
      .describe('program and arguments, no shell; {wav} and {language} are filled in; it writes the text'),
    ...listens,
  }),
  z.strictObject({
    pocketsphinx: z
      .literal(true)
      .describe('chooses among the sentences of the step, English only; writes nothing down'),
    ...listens,
  }),
]);

export const settings = z.object({
  trunks: z.record(z.string(), persona).prefault({}).describe('ways out, chosen by `via`'),
  agents: z
    .record(z.string(), persona.extend({ claim: claimed.optional() }))
    .prefault({})
    .describe('phones of agents, chosen by `as: agents/<name>`'),
  as: z.string().optional().describe('whose phone this actor has: `agents/<name>` or a trunk'),
  engine: z
    .enum(engines)
    .default('werift')
    .describe(
      'of WebRTC: werift (packets and their statistics our own), wrtc (libwebrtc as browsers have it, in a process of its own; needs the package @roamhq/wrtc; keys go in-band or by INFO), or browser (the peer connection of a real Chromium, for a few calls at once)',
    ),
  pcap: z
    .boolean()
    .default(false)
    .describe('keep signalling and sound of each call as a pcap, in the clear, secrets masked'),
  recordings: z
    .enum(['always', 'on-trouble', 'off'])
    .default('always')
    .describe('of each call, both sides: kept; kept where a step of the attempt did not pass; or not made'),
  via: z.string().optional().describe('trunk of this actor where `dial` names none'),
  names: z.record(z.string(), z.string()).default({}).describe('names that can be dialled: billing → sip:billing@pbx'),
  speech: z
    .strictObject({
      engine: z.enum(['auto', 'espeak-ng', 'babble']).default('espeak-ng'),
      voice: z.string().default('en-gb'),
      speed: z.number().int().min(80).max(400).default(160),
    })
    .prefault({})
    .describe('the voice of `say`'),
  prompts: z
    .union([z.string(), z.array(z.string())])
    .transform((folders) => (typeof folders === 'string' ? [folders] : folders))
    .default([])
    .describe('folders of enrolled prompts, `<name>.wav` beside `<name>.yaml`, relative to the project'),
  transcribers: z
    .record(z.string(), transcriber)
    .default({})
    .describe('who writes down what is said, for `hear` with `by: speech`; never asked otherwise'),
  patience: z.number().int().min(0).default(700).describe('ms of silence before we speak or press'),
});

export const expects = z
  .record(z.string(), z.string())
  .default({})
  .describe('headers of the other side → text that each holds; `*` for any');

export const music = z
  .string()
  .prefault('any')
  .describe('`any`, or the name of an enrolled recording of it (4 s and more)');

/** What `hear-tone` knows by name. */
export const tones = [
  'ringback',
  'busy',
  'congestion',
  'dial',
  'unobtainable',
  'information',
  'fax',
  'modem',
  'beep',
] as const satisfies readonly ToneName[];

export type Settings = z.infer<typeof settings>;
export type Persona = z.infer<typeof persona> & { readonly claim?: z.infer<typeof claimed> };

export interface Chosen {
  /** `trunk main`, `agents/alice`. */
  readonly name: string;
  readonly agent: boolean;
  readonly persona: Persona;
  /** Keep the packets of its calls. */
  readonly capture?: boolean;
}

/** The persona of a name, or the actor's own; without any, a phone of this machine alone. Throws SpecError. */
export function personaOf(settings: Settings, wanted?: string): Chosen {
  const chosen = named(settings, wanted);
  const { engine = settings.engine } = chosen.persona;
  return { ...chosen, persona: { ...chosen.persona, engine }, capture: settings.pcap };
}

function named({ trunks, agents, as, via }: Settings, wanted?: string): Chosen {
  const name = wanted ?? as ?? via;
  if (name === undefined) {
    const [only, more] = Object.entries(trunks);
    if (only && !more) return { name: only[0], agent: false, persona: only[1] };
    if (more)
      throw new SpecError(
        'which trunk? there are several',
        `name one, by \`via\` in the step or --trunk on the command line: ${Object.keys(trunks).join(', ')}`,
      );
    return { name: 'this machine', agent: false, persona: {} };
  }
  const seat = name.startsWith('agents/') ? name.slice('agents/'.length) : undefined;
  const found = seat === undefined ? trunks[name] : agents[seat];
  if (found) return { name, agent: seat !== undefined, persona: found };
  const known = [...Object.keys(trunks), ...Object.keys(agents).map((agent) => `agents/${agent}`)];
  const close = nearest(name, known);
  throw new SpecError(
    `there is no trunk and no agent \`${name}\` in the voice settings`,
    close ? `did you mean \`${close}\`?` : `there are ${known.join(', ') || 'none'}`,
  );
}

/** The phone of a persona; one without a server speaks to this machine alone, or faces whom it calls. */
export function phoneSettings({ persona, agent, name, capture }: Chosen, facing?: string): PhoneSettings {
  const { server, transport, domain, display, host, port, tls, auth, dtmf = 'rfc4733' } = persona;
  const overWeb = transport === 'ws' || transport === 'wss' || /^wss?:|transport=wss?\b/i.test(server ?? '');
  const { webrtc = overWeb } = persona;
  const codecs = (persona.codecs ?? ['PCMU', 'PCMA', 'G722', ...(webrtc ? ['opus'] : [])]).map((name) =>
    name.toUpperCase(),
  );
  const user = persona.user ?? auth?.user.split('@')[0] ?? (agent ? name.slice('agents/'.length) : 'anonymous');
  return {
    user,
    codecs,
    digits: dtmf === 'rfc4733',
    // No step reads the keys that the other side presses.
    toneKeys: false,
    ...(server !== undefined ? { server } : facing !== undefined ? { facing } : { host: host ?? '127.0.0.1' }),
    ...(persona.proxy === undefined ? {} : { proxy: persona.proxy }),
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(transport ? { transport } : {}),
    ...(tls ? { tls } : {}),
    ...(capture ? { capture } : {}),
    ...(persona.srtp === 'sdes' ? { srtp: true } : {}),
    ...(webrtc
      ? { web: { ...(persona.ice ?? { servers: [] }), ...(tls ? { tls } : {}), engine: persona.engine ?? 'werift' } }
      : {}),
    ...(domain === undefined ? {} : { domain }),
    ...(display === undefined ? {} : { display }),
    ...(persona.identity ? { identity: persona.identity } : {}),
    ...(auth ? { account: auth } : {}),
  };
}
