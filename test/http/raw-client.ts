import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';

/** What a server said on one connection. */
export interface Said {
  /** All of it, as it came. */
  readonly text: string;
  /** The statuses of its answers, those of 1xx too. */
  readonly statuses: readonly number[];
}

/** One TLS connection to 127.0.0.1, on which anything can be written. */
export class RawClient {
  readonly socket: TLSSocket;
  #text = '';

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.setEncoding('latin1').on('data', (text: string) => (this.#text += text));
    socket.on('error', () => undefined);
  }

  static async open(port: number, ca: string, localAddress = '127.0.0.1'): Promise<RawClient> {
    const options = { host: '127.0.0.1', port, ca, servername: 'svc.operator.svc', localAddress };
    const socket = connect(options);
    await once(socket, 'secureConnect');
    return new RawClient(socket);
  }

  /** Until now. */
  get said(): Said {
    const statuses = [...this.#text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
    return { text: this.#text, statuses };
  }

  write(...lines: readonly string[]): void {
    this.socket.write(lines.join('\r\n'), 'latin1');
  }

  /** Resolves when the server has closed the connection, be it rudely. */
  async closed(): Promise<Said> {
    const { socket } = this;
    if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
    return this.said;
  }
}

/** Writes lines, and says what the server said until it closed the connection. */
export async function exchange(port: number, ca: string, lines: readonly string[]): Promise<Said> {
  const client = await RawClient.open(port, ca);
  client.write(...lines);
  return client.closed();
}
