import { EventEmitter, on, once } from 'node:events';
import { WebSocket } from 'ws';

export type Frame = Readonly<Record<string, unknown>> & { readonly type: string };

/** A customer at the other end of the lab's chat socket, for tests: keeps every frame, waits for the ones asked for. */
export class ChatClient implements AsyncDisposable {
  readonly frames: Frame[] = [];
  readonly #socket: WebSocket;
  readonly #came = new EventEmitter();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      this.frames.push(JSON.parse(String(data)) as Frame);
      this.#came.emit('frame');
    });
  }

  static async open(lab: string, headers: Readonly<Record<string, string>> = {}): Promise<ChatClient> {
    const socket = new WebSocket(`${lab.replace('http', 'ws')}/chat`, { headers });
    const client = new ChatClient(socket);
    await once(socket, 'open');
    return client;
  }

  send(frame: unknown): void {
    this.#socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** Says hello as a customer and hears the greeting. */
  async hello(user: string, meta: object = {}): Promise<Frame> {
    this.send({ type: 'hello', user, meta });
    return this.until((frame) => frame.type === 'message');
  }

  say(text: string): void {
    this.send({ type: 'message', text });
  }

  /** The first frame from `from` on that fits. */
  async until(fits: (frame: Frame) => boolean, from = 0): Promise<Frame> {
    const [found] = await this.#untilMany(fits, { from, times: 1 });
    if (!found) throw new Error('the frames ended');
    return found;
  }

  /** Says something and hears the answer out, to the message that fits for the `times`th time: resolves to all messages, in order of arrival. */
  async ask(text: string, last: RegExp, times = 1): Promise<readonly Frame[]> {
    const from = this.frames.length;
    this.say(text);
    await this.#untilMany((frame) => frame.type === 'message' && last.test(String(frame.text)), { from, times });
    return this.frames.slice(from).filter((frame) => frame.type === 'message');
  }

  async #untilMany(fits: (frame: Frame) => boolean, { from, times }: { from: number; times: number }) {
    const find = () => this.frames.slice(from).filter(fits);
    const enough = () => find().length >= times;
    if (enough()) return find();
    for await (const _ of on(this.#came, 'frame', { signal: AbortSignal.timeout(60_000) })) if (enough()) break;
    return find();
  }

  async closed(): Promise<number> {
    if (this.#socket.readyState === WebSocket.CLOSED) throw new Error('closed before anybody looked');
    const [code] = (await once(this.#socket, 'close')) as [number];
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    this.#socket.terminate();
    await once(this.#socket, 'close');
  }
}
