import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../kit/ports.ts';

export interface Kamailio extends AsyncDisposable {
  readonly ports: { readonly sip: number; readonly tls: number; readonly ws: number; readonly wss: number };
  /** PEM of the authority that its certificate is from. */
  readonly ca: string;
}

const modules = 'tls tm sl rr pv maxfwd usrloc registrar textops siputils auth nathelper xhttp websocket rtpengine uac';

interface Kind {
  readonly media?: number;
  readonly unmarked?: boolean;
}

const unmark = `remove_hf_re("^(X-Synthetic-Journey|traceparent|User-to-User)$");
  uac_replace_from("", "sip:900@127.0.0.1");`;

/** A registrar and proxy: the password of user `x` is `pw-x`, `busy` is busy, `moved` has moved to `bob`. With `media`, the port of an rtpengine, WebRTC, plain RTP, and SRTP by SDES for who registers over TLS, understand each other. `unmarked`: nobody who is called learns who calls. */
function config({ sip, tls, ws, wss }: Kamailio['ports'], { media, unmarked }: Required<Kind>): string {
  return `#!KAMAILIO
debug=0
log_stderror=yes
children=2
tcp_children=2
enable_tls=yes
tcp_accept_no_cl=yes
auto_aliases=no
listen=udp:127.0.0.1:${sip}
listen=tcp:127.0.0.1:${sip}
listen=tls:127.0.0.1:${tls}
listen=tcp:127.0.0.1:${ws}
listen=tls:127.0.0.1:${wss}
${modules
  .split(' ')
  .map((name) => `loadmodule "${name}.so"`)
  .join('\n')}
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "private_key", "key.pem")
modparam("tls", "certificate", "cert.pem")
modparam("rr", "append_fromtag", 1)
modparam("registrar|nathelper", "received_avp", "$avp(RECEIVED)")
modparam("rtpengine", "rtpengine_sock", "udp:127.0.0.1:${media}")

request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  force_rport();
  if (proto == WS || proto == WSS) add_contact_alias();
  if (is_method("CANCEL")) { if (t_check_trans()) { route(GONE); t_relay(); } exit; }
  if (has_totag()) {
    if (loose_route()) {
      if (is_method("BYE")) route(GONE);
      if (is_method("INVITE")) route(SOUND);
      handle_ruri_alias();
      t_on_reply("SOUND");
      t_relay();
      exit;
    }
    if (is_method("ACK")) { if (t_check_trans()) t_relay(); exit; }
    sl_send_reply("404", "Not here");
    exit;
  }
  if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
  if (is_method("REGISTER")) {
    if (!pv_www_authenticate("peers", "pw-$fU", "0")) { www_challenge("peers", "1"); exit; }
    if (proto != UDP) fix_nated_register();
    save("location");
    exit;
  }
  if (!pv_proxy_authenticate("peers", "pw-$fU", "0")) { proxy_challenge("peers", "1"); exit; }
  consume_credentials();
  record_route();
  if ($rU == "busy") { append_to_reply("Reason: Q.850;cause=17;text=\\"User busy\\"\\r\\n"); sl_send_reply("486", "Busy Here"); exit; }
  if ($rU == "moved") { append_to_reply("Contact: <sip:bob@127.0.0.1>\\r\\n"); sl_send_reply("302", "Moved Temporarily"); exit; }
  if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
  ${unmarked ? unmark : ''}
  if (is_method("INVITE")) { route(SOUND); t_on_reply("SOUND"); }
  if (!t_relay()) sl_reply_error();
}
route[GONE] { ${media === 0 ? 'return;' : 'rtpengine_delete();'} }
route[SOUND] {
  ${media === 0 ? 'return;' : ''}
  if (!has_body("application/sdp")) return;
  $var(web) = $(ru{uri.transport}) =~ "^ws" || $du =~ "transport=ws";
  if ((proto == WS || proto == WSS) && $var(web)) {
    setflag(5);
    rtpengine_manage("replace-origin ICE=force generate-mid DTLS=passive SDES-off UDP/TLS/RTP/SAVPF");
  } else if (proto == WS || proto == WSS) {
    rtpengine_manage("replace-origin rtcp-mux-demux ICE=remove RTP/AVP");
  } else if ($var(web)) rtpengine_manage("replace-origin rtcp-mux-offer ICE=force generate-mid DTLS=passive SDES-off UDP/TLS/RTP/SAVPF");
  else if ($(ru{uri.transport}) =~ "^tls" || $du =~ "transport=tls") rtpengine_manage("replace-origin ICE=remove DTLS=off RTP/SAVP");
  else rtpengine_manage("replace-origin ICE=remove RTP/AVP");
}
onreply_route[SOUND] {
  if (proto == WS || proto == WSS) add_contact_alias();
  ${media === 0 ? 'return;' : ''}
  if (!has_body("application/sdp")) return;
  if (isflagset(5)) rtpengine_manage("replace-origin ICE=force generate-mid DTLS=passive SDES-off UDP/TLS/RTP/SAVPF");
  else if (proto == WS || proto == WSS) rtpengine_manage("replace-origin ICE=remove rtcp-mux-demux RTP/AVP");
  else rtpengine_manage("replace-origin");
}
event_route[xhttp:request] {
  set_reply_close();
  set_reply_no_connect();
  if ($hdr(Upgrade) =~ "websocket" && ws_handle_handshake()) exit;
  xhttp_reply("404", "Not Found", "text/plain", "only SIP over WebSocket");
}
`;
}

/** Starts Kamailio on free ports of 127.0.0.1, with a certificate of its own. */
export async function kamailio({ media = 0, unmarked = false }: Kind = {}): Promise<Kamailio> {
  if (!existsSync('/usr/sbin/kamailio'))
    throw new Error(
      'Kamailio is not installed: sudo apt-get install --no-install-recommends kamailio kamailio-tls-modules kamailio-websocket-modules',
    );
  const folder = mkdtempSync(join(tmpdir(), 'throughline-kamailio-'));
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  const files = ['-keyout', 'key.pem', '-out', 'cert.pem'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files], {
    cwd: folder,
    stdio: 'ignore',
  });
  const ports = { sip: await freePort(), tls: await freePort(), ws: await freePort(), wss: await freePort() };
  writeFileSync(join(folder, 'kamailio.cfg'), config(ports, { media, unmarked }));
  const args = ['-DD', '-E', '-f', 'kamailio.cfg', '-w', '.', '-Y', folder, '-m', '64', '-M', '8'];
  const child = spawn('/usr/sbin/kamailio', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += String(chunk);
  });
  await listens(ports.wss, child, () => said);
  return {
    ports,
    ca: join(folder, 'cert.pem'),
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null) {
        const closed = once(child, 'close');
        child.kill('SIGTERM');
        await closed;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until somebody listens on a TCP port. */
async function listens(port: number, child: ChildProcess, said: () => string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (child.exitCode !== null) break;
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      socket.destroy();
    }
  }
  child.kill('SIGKILL');
  throw new Error(`Kamailio does not listen: ${said().slice(-2000)}`);
}
