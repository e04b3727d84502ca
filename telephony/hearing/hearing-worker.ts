import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { HeardChunk } from '../media/tap.ts';
import { Listener } from './listener.ts';
import type { Command, Told, WorkerSettings } from './protocol.ts';
import type { Reference } from './reference.ts';

interface Open {
  readonly listener: Listener;
  readonly tap: MessagePort;
  until?: number;
  ended?: true;
  /** It came, or cannot. */
  told?: true;
}

const lineOf = (listener?: Listener) => (listener?.passband ? { passband: listener.passband } : {});

/** The thread that recognises: apart from the one that keeps time, so that matching never makes a packet late. */
function run(port: NonNullable<typeof parentPort>, { epochOffset }: WorkerSettings): void {
  const now = () => Number(process.hrtime.bigint()) / 1e6 + epochOffset;
  const tell = (told: Told) => port.postMessage(told);
  const references = new Map<string, Reference>();
  const listening = new Map<number, Open>();

  function stop(id: number): void {
    const found = listening.get(id);
    listening.delete(id);
    found?.tap.close();
    const summary = found?.listener.summary();
    const nothing = { words: 'nothing', others: [], listened: 0, speech: 0, lost: 0 };
    tell({ tell: 'summary', id, summary: summary ?? nothing, ...lineOf(found?.listener) });
  }

  function hear(id: number, open: Open, chunk: HeardChunk): void {
    const { listener, tap, until = Number.POSITIVE_INFINITY } = open;
    if (open.told) return;
    try {
      const hearing = listener.push(chunk, now());
      if (!hearing && chunk.at + chunk.samples.length / 8 >= until) stop(id);
      if (!hearing) return;
      open.told = true;
      tap.close();
      tell({ tell: 'heard', id, hearing, ...lineOf(listener) });
    } catch (error) {
      open.told = true;
      tap.close();
      tell({ tell: 'broken', id, message: (error as Error).stack ?? String(error) });
    }
  }

  /** What has come already is looked at first, however late we are: it may be what is wanted. */
  function finish(id: number): void {
    const open = listening.get(id);
    while (open && !open.told && !open.ended && listening.has(id)) {
      const next = receiveMessageOnPort(open.tap);
      if (!next) break;
      hear(id, open, next.message as HeardChunk);
    }
    if (open === undefined || listening.has(id)) stop(id);
  }

  function listen({ id, wanted, tap, passband }: Extract<Command, { do: 'listen' }>): void {
    const listener = new Listener(wanted, references, passband);
    listening.set(id, { listener, tap });
    tap.on('message', (chunk: HeardChunk) => {
      const found = listening.get(id);
      if (found?.listener === listener) hear(id, found, chunk);
    });
    tap.on('close', () => {
      tell({ tell: 'ended', id });
      const held = listening.get(id);
      if (held) held.ended = true;
      if (held?.until !== undefined) stop(id);
    });
  }

  port.on('message', (command: Command) => {
    switch (command.do) {
      case 'learn':
        for (const reference of command.references) references.set(reference.name, reference);
        return;
      case 'forget':
        for (const name of command.names) references.delete(name);
        return;
      case 'listen':
        try {
          listen(command);
        } catch (error) {
          command.tap.close();
          tell({ tell: 'broken', id: command.id, message: (error as Error).message });
        }
        return;
      case 'stop': {
        const found = listening.get(command.id);
        if (found && !found.ended && command.after !== undefined) found.until = command.after;
        else finish(command.id);
        return;
      }
    }
    command satisfies never;
  });
}

if (parentPort) run(parentPort, workerData as WorkerSettings);
