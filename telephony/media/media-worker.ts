import { setFlagsFromString } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { apart, uptime } from '../../core/clock.ts';
import { Capture } from './capture.ts';
import { Coders, laws, opusPair } from './coders.ts';
import { serveDatagrams } from './datagrams.ts';
import type { IceError } from './ice-servers.ts';
import type { MediaStatistics } from './leg-event.ts';
import { Pace } from './pace.ts';
import type { PeerProcess, PeerWire } from './peer-wire.ts';
import { openPair } from './ports.ts';
import type { Bind, Command, Told, Warm, WorkerSettings } from './protocol.ts';
import { Recorder } from './recorder.ts';
import type { PressedKey } from './sender.ts';
import { Stream } from './stream.ts';
import type { PeerEngineName, WebEngine, WebWire, WebWireOptions } from './web-wire.ts';
import { Wheel } from './wheel.ts';

interface Leg {
  readonly stream: Stream;
  readonly recorder: Recorder | undefined;
  readonly capture: Capture | undefined;
  readonly web: WebWire | PeerWire | undefined;
}

/** werift is loaded with the first call over WebRTC. */
const webWire = async (at: WebWireOptions) => new (await import('./web-wire.ts')).WebWire(at);

/** So it is with the first encrypted call. */
const shields = async () => {
  const { Shield } = await import('./srtp.ts');
  return (keys: ConstructorParameters<typeof Shield>[0]) => new Shield(keys);
};

/** The thread that keeps time: all sockets, the wheel, codecs and statistics of all calls. */
function run(port: NonNullable<typeof parentPort>, { epochOffset, catchUp }: WorkerSettings): void {
  // The same clock as hrtime, without a BigInt for every packet.
  const zero = epochOffset + apart(uptime, () => performance.now());
  const now = () => performance.now() + zero;
  const tell = (told: Told) => port.postMessage(told);
  const shared = laws();
  const legs = new Map<number, Leg>();
  const wheel = new Wheel(new Pace(now), catchUp);
  const hurry = (now: number) => wheel.hurry(now);
  const came = () => wheel.came(now());
  let turns = 0;
  let figures: (readonly [number, MediaStatistics])[] = [];
  /**
   * Figures of every call once a second, of some with every turn: of hundreds at once they would make packets late. They are
   * told five times a second, since each time wakes the other thread.
   */
  const herald = {
    tick: 40,
    turn: () => {
      turns = (turns + 1) % 25;
    },
    rest: (at: number) => {
      for (const [leg, { stream }] of legs) {
        if (leg % 25 !== turns) continue;
        figures.push([leg, stream.statistics()]);
        stream.flush(at);
      }
      if (turns % 5 !== 0 || figures.length === 0) return;
      tell({ tell: 'statistics', all: figures });
      figures = [];
    },
  };

  const others = new Map<PeerEngineName, PeerProcess>();

  /** One that does not start, or has died, is not kept: the next call tries again. */
  async function processOf(engine: PeerEngineName): Promise<PeerProcess> {
    const { PeerProcess } = await import('./peer-wire.ts');
    const kept = others.get(engine);
    const process = kept && !kept.over ? kept : new PeerProcess(engine);
    others.set(engine, process);
    return process;
  }

  async function webOf(leg: number, { engine, ...at }: Omit<WebWireOptions, 'trouble'> & { engine?: WebEngine }) {
    const trouble = (message: string) => {
      tell({ tell: 'event', leg, event: { type: 'trouble', at: now(), message } });
    };
    if (engine === undefined || engine === 'werift') return webWire({ ...at, trouble });
    const { PeerWire } = await import('./peer-wire.ts');
    return PeerWire.open(await processOf(engine), { leg, ...at });
  }

  function warm({ ask, engine }: Warm): void {
    processOf(engine)
      .then(({ ready }) => ready)
      .then(
        () => tell({ tell: 'warmed', ask }),
        (error: Error) => tell({ tell: 'warmed', ask, why: error.message }),
      );
  }

  async function open(command: Extract<Command, { do: 'open' }>): Promise<void> {
    const { leg, host, record, seeds, rememberMs, toneKeys, sealed, codecs } = command;
    const web = command.web && (await webOf(leg, { ...command.web, host, codecs, ssrc: seeds.ssrc }));
    const coders = new Coders(shared, codecs.includes('OPUS') ? await opusPair() : undefined);
    const shieldOf = sealed ? await shields() : undefined;
    const pair = web?.pair ?? (await openPair(host));
    const openedAt = now();
    let recorder: Recorder | undefined;
    try {
      recorder = record === undefined ? undefined : await Recorder.open(record, openedAt);
    } catch (error) {
      pair.rtp.close();
      pair.rtcp.close();
      await web?.close();
      throw error;
    }
    const capture = command.capture ? new Capture() : undefined;
    const parts = {
      pair,
      coders,
      capture,
      ...(web && 'figures' in web ? { outside: () => web.figures } : {}),
      ...(web ? { ready: () => web.ready } : {}),
      recorder,
      now,
      shieldOf,
      hurry,
      tell: (event: Extract<Told, { tell: 'event' }>['event']) => tell({ tell: 'event', leg, event }),
    };
    const stream = new Stream(parts, { seeds, rememberMs, toneKeys, openedAt });
    legs.set(leg, { stream, recorder, capture, web });
    wheel.add(stream);
    if (legs.size === 1) wheel.add(herald);
    tell({ tell: 'opened', leg, host, port: pair.port });
  }

  async function close(leg: number, { stream, recorder, capture, web }: Leg): Promise<void> {
    legs.delete(leg);
    wheel.remove(stream);
    if (legs.size === 0) wheel.remove(herald);
    const statistics = stream.statistics();
    let trouble: string | undefined;
    try {
      await stream.close();
      await web?.close();
      trouble =
        recorder?.error?.message ??
        (recorder && recorder.dropped > 0 ? `${recorder.dropped} samples not recorded` : undefined);
    } catch (error) {
      trouble = (error as Error).message;
    }
    const recording = recorder && {
      path: recorder.path,
      startedAt: recorder.startedAt,
      ...(trouble ? { trouble } : {}),
    };
    tell({
      tell: 'closed',
      leg,
      summary: { statistics, ...(capture ? { packets: capture.packets } : {}), ...(recording ? { recording } : {}) },
    });
  }

  function press(command: Extract<Command, { do: 'press' }>, { stream, web }: Leg): void {
    const { leg, ask, keys } = command;
    const done = (pressed: readonly PressedKey[]) => tell({ tell: 'pressed', leg, ask, keys: pressed });
    if (!web || !('press' in web)) {
      stream.sender.press(keys, command, done);
      return;
    }
    web.press(command, now).then(done, (error: Error) => tell({ tell: 'unpressed', leg, ask, why: error.message }));
  }

  function obey(command: Exclude<Command, { do: 'open' }>, held: Leg): void {
    const { stream, web } = held;
    const { leg } = command;
    switch (command.do) {
      case 'connect':
        stream.connect(command.target);
        if (web && 'press' in web) web.directed(command.target.direction);
        wheel.add(stream);
        return;
      case 'play':
        stream.sender.play(command.samples, command.loop, (end) =>
          tell({ tell: 'played', leg, ask: command.ask, end }),
        );
        return;
      case 'stop':
        stream.sender.stop();
        return;
      case 'press':
        press(command, held);
        return;
      case 'stop-pressing':
        stream.sender.stopPressing();
        if (web && 'press' in web) web.stopPressing();
        return;
      case 'tap':
        stream.backlog.whenHeard(() => stream.tap(command.from, command.port));
        return;
      case 'thin':
        stream.thin(command.thinning);
        return;
      case 'describe':
        (command.offer === undefined ? web?.offer() : web?.answer(command.offer))?.then(
          (sdp) => tell({ tell: 'described', leg, ask: command.ask, sdp }),
          (error: Error) => {
            const { fault } = error as Partial<IceError>;
            tell({ tell: 'described', leg, ask: command.ask, why: error.message, ...(fault ? { fault } : {}) });
          },
        );
        return;
      case 'accept':
        web?.accept(command.answer).catch((error: Error) => {
          tell({ tell: 'event', leg, event: { type: 'trouble', at: now(), message: error.message } });
        });
        return;
      case 'figures':
        stream.backlog.whenHeard(() =>
          tell({ tell: 'figures', leg, ask: command.ask, statistics: stream.statistics() }),
        );
        return;
      case 'close':
        void close(leg, held);
        return;
    }
    command satisfies never;
  }

  port.on('message', (command: Command | Bind | Warm) => {
    if (command.do === 'bind') return serveDatagrams(command.mail, command, { now, came });
    if (command.do === 'warm') return warm(command);
    if (command.do === 'open') {
      open(command).catch((error: Error) => tell({ tell: 'refused', leg: command.leg, message: error.message }));
      return;
    }
    const leg = legs.get(command.leg);
    if (leg) obey(command, leg);
    else if (command.do === 'tap') command.port.close();
  });
}

// Young garbage of this thread is collected by itself: where others want the cores, helpers come late, and all packets with them.
setFlagsFromString('--no-parallel-scavenge');
if (parentPort) run(parentPort, workerData as WorkerSettings);
