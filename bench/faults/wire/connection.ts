import type { Socket } from 'node:net';
import type { Attack } from '../fault.ts';
import { FLAG, FRAME, frame, headers, PREFACE, settings, windowUpdate } from './frames.ts';

export interface ConnectionOptions {
  /** The SETTINGS it begins with; default an empty one. */
  readonly settings?: Buffer;
  /** Whether it reads what the server sends; default it does. */
  readonly reads?: boolean;
  /** Whether it acknowledges the SETTINGS of the server; default it does. */
  readonly acknowledges?: boolean;
}

/** Bytes that may wait to be sent; beyond it a flood waits for the server. */
const UNSENT_MAX = 256 * 1024;
/** The server may send this much without waiting: answers to an attack should not stop it. */
const WINDOW_BYTES = 2 ** 30;
/** How soon a connection that was closed is opened again. */
const REOPEN_MS = 50;

/** A client's side of an HTTP/2 connection that keeps to no rule by itself. */
export class H2Connection {
  readonly socket: Socket;
  #stream = -1;

  constructor(attack: Attack, options: ConnectionOptions = {}) {
    const { reads = true, acknowledges = true } = options;
    this.socket = attack.connect(attack.target.grpcPort);
    this.send(PREFACE, options.settings ?? settings(), windowUpdate(0, WINDOW_BYTES));
    if (!reads) return;
    this.socket.once('data', () => {
      if (acknowledges) this.send(frame(FRAME.settings, { flags: FLAG.ack }));
    });
    this.socket.resume();
  }

  get isClosed(): boolean {
    return this.socket.destroyed || this.socket.readableEnded;
  }

  /** Whether the server does not keep up. */
  get isFull(): boolean {
    return this.socket.writableLength > UNSENT_MAX;
  }

  send(...frames: readonly Buffer[]): void {
    if (this.socket.writable) this.socket.write(Buffer.concat(frames));
  }

  /** The next number of a stream. */
  nextStream(): number {
    this.#stream += 2;
    return this.#stream;
  }

  /** Opens a stream with a header block. */
  open(block: Uint8Array, flags = 0): number {
    const stream = this.nextStream();
    this.send(headers(stream, block, flags));
    return stream;
  }
}

/**
 * Keeps `connections` open until the attack is over, takes `perSecond` steps on all of them
 * together, and opens one again that the server has closed.
 */
export async function onConnections(
  attack: Attack,
  load: ConnectionOptions & { readonly connections: number; readonly perSecond: number },
  step: (connection: H2Connection) => void,
): Promise<void> {
  const keep = async (): Promise<void> => {
    while (!attack.isOver) {
      const connection = new H2Connection(attack, load);
      await attack.pace(load.perSecond / load.connections, () => {
        if (connection.isClosed) return false;
        if (!connection.isFull) step(connection);
        return true;
      });
      await attack.wait(REOPEN_MS);
    }
  };
  await Promise.all(Array.from({ length: load.connections }, keep));
}
