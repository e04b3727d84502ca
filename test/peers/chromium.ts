import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright';

/** A browser with an agent's phone of SIP.js on its page, as agents' desktops have it. */
export interface Softphone extends AsyncDisposable {
  /** How loud the sound of the call is that the page plays, at this frequency, 0-255; 0 before there is any. */
  loudness(hz: number): Promise<number>;
  /** Calls somebody, as `sip:` address. */
  call(target: string): Promise<void>;
  /** What the browser says of the sound that came: packets, losses, codec. */
  came(): Promise<{ readonly packets: number; readonly lost: number; readonly codec: string }>;
  press(key: string): Promise<void>;
}

export interface Registered {
  /** Of the WebSocket. */
  readonly server: string;
  readonly user: string;
  readonly password: string;
  /** Hz of what this agent "says". */
  readonly hum: number;
}

const page = (agent: Registered) => `<!doctype html><title>agent</title><audio id="sound" autoplay></audio>
<script type="module">
import { Inviter, Registerer, SessionState, UserAgent, Web } from '/sip/index.js';
const agent = ${JSON.stringify(agent)};
const context = new AudioContext();
const hum = context.createOscillator();
hum.frequency.value = agent.hum;
hum.start();
// A stream for each call: SIP.js stops its tracks with the call.
const factory = Web.defaultSessionDescriptionHandlerFactory(async () => {
  const line = context.createMediaStreamDestination();
  hum.connect(line);
  return line.stream;
});
const user = new UserAgent({
  uri: UserAgent.makeURI('sip:' + agent.user + '@127.0.0.1'),
  transportOptions: { server: agent.server },
  authorizationUsername: agent.user,
  authorizationPassword: agent.password,
  sessionDescriptionHandlerFactory: factory,
  sessionDescriptionHandlerFactoryOptions: { iceGatheringTimeout: 300, peerConnectionConfiguration: { iceServers: [] } },
  logBuiltinEnabled: false,
  delegate: { onInvite: (invitation) => { watch(invitation); invitation.accept(); } },
});
const analyser = context.createAnalyser();
analyser.fftSize = 4096;
let session;
function watch(one) {
  session = one;
  one.stateChange.addListener((state) => {
    if (state !== SessionState.Established) return;
    const stream = one.sessionDescriptionHandler.remoteMediaStream;
    document.getElementById('sound').srcObject = stream;
    context.createMediaStreamSource(stream).connect(analyser);
  });
}
window.loudness = (hz) => {
  const bins = new Uint8Array(analyser.frequencyBinCount);
  analyser.getByteFrequencyData(bins);
  return bins[Math.round(hz * analyser.fftSize / context.sampleRate)];
};
window.call = async (target) => {
  const inviter = new Inviter(user, UserAgent.makeURI(target));
  watch(inviter);
  await inviter.invite();
};
window.press = (key) => session.sessionDescriptionHandler.sendDtmf(key, { duration: 120 });
window.came = async () => {
  const stats = [...(await session.sessionDescriptionHandler.peerConnection.getStats()).values()];
  const inbound = stats.find((one) => one.type === 'inbound-rtp');
  const codec = stats.find((one) => one.id === inbound?.codecId);
  return { packets: inbound?.packetsReceived ?? 0, lost: inbound?.packetsLost ?? 0, codec: codec?.mimeType ?? '' };
};
await user.start();
const registerer = new Registerer(user);
registerer.stateChange.addListener((state) => { if (state === 'Registered') window.ready = true; });
await registerer.register();
</script>`;

const types: Readonly<Record<string, string>> = { js: 'text/javascript', html: 'text/html' };

/** Starts headless Chromium with that page, once it is registered. */
export async function softphone(agent: Registered): Promise<Softphone> {
  if (!existsSync('/usr/bin/chromium'))
    throw new Error('Chromium is not installed: sudo apt-get install --no-install-recommends chromium');
  const library = join(process.cwd(), 'node_modules/sip.js/lib');
  const server = createServer(({ url = '/' }, response) => {
    const file = url.startsWith('/sip/') ? join(library, url.slice('/sip/'.length)) : undefined;
    const known = file?.startsWith(library) && existsSync(file) ? file : undefined;
    response.setHeader('content-type', types[known ? 'js' : 'html'] ?? '');
    response.end(known ? readFileSync(known) : page(agent));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  let browser: Browser | undefined;
  const close = async () => {
    await browser?.close();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  try {
    browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--use-fake-ui-for-media-stream',
        '--use-fake-device-for-media-stream',
        '--autoplay-policy=no-user-gesture-required',
        '--disable-features=WebRtcHideLocalIpsWithMdns',
      ],
    });
    const shown = await browser.newPage();
    await shown.goto(`http://127.0.0.1:${port}/`);
    await shown.waitForFunction('window.ready === true');
    return {
      loudness: (hz) => shown.evaluate<number>(`window.loudness(${hz})`),
      call: (target) => shown.evaluate(`window.call(${JSON.stringify(target)})`),
      came: () => shown.evaluate('window.came()'),
      press: (key) => shown.evaluate(`window.press(${JSON.stringify(key)})`),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
