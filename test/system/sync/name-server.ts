/** A DNS server of one name, whose addresses the test changes. */
import { createSocket, type Socket } from 'node:dgram';

const HEAD_BYTES = 12;
const TYPE_A = 1;
const TTL_SECONDS = 0;

export class NameServer {
  addresses: readonly string[] = [];
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (query, { port, address }) => {
      socket.send(this.#answer(query), port, address);
    });
  }

  static async start(): Promise<NameServer> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return new NameServer(socket);
  }

  /** Whatever name is asked for: its IPv4 addresses, and no other records. */
  #answer(query: Buffer): Buffer {
    let end = HEAD_BYTES;
    while ((query[end] ?? 0) !== 0) end += 1 + (query[end] ?? 0);
    // The root label, type and class.
    end += 5;
    const type = query.readUInt16BE(end - 4);
    const found = type === TYPE_A ? this.addresses : [];
    const head = Buffer.from(query.subarray(0, HEAD_BYTES));
    // A response, recursion available, no error.
    head.writeUInt16BE(0x8180, 2);
    head.writeUInt16BE(found.length, 6);
    head.fill(0, 8, HEAD_BYTES);
    const records = found.map((address) => {
      const record = Buffer.alloc(16);
      // The name of the question.
      record.writeUInt16BE(0xc000 + HEAD_BYTES, 0);
      record.writeUInt16BE(TYPE_A, 2);
      record.writeUInt16BE(1, 4);
      record.writeUInt32BE(TTL_SECONDS, 6);
      record.writeUInt16BE(4, 10);
      record.set(address.split('.').map(Number), 12);
      return record;
    });
    return Buffer.concat([head, query.subarray(HEAD_BYTES, end), ...records]);
  }

  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  close(): void {
    this.#socket.close();
  }
}
