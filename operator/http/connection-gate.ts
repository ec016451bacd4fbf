import type { Server } from 'node:https';
import { Socket } from 'node:net';
import { RateLimit } from './rate-limit.ts';

/** Options of a server with a gate. Milliseconds. */
export const PATIENCE = {
  handshakeTimeout: 10_000,
  headersTimeout: 10_000,
  /** From the first byte of a request to the last one of its body. */
  requestTimeout: 15_000,
  /** How often the two above are looked after. */
  connectionsCheckingInterval: 2_000,
  /** Of a connection on which nothing moves, such as that of somebody who asks and does not read. */
  silence: 60_000,
  /** More than proxies keep a connection to us: who closes first must not be us, with their next request on its way. */
  keepAliveTimeout: 75_000,
  /** Bytes of a request's line and headers: each parameter of a query in its longest form has room in it. */
  maxHeaderSize: 32_768,
  /** What has none is refused by us, as a problem. */
  requireHostHeader: false,
};

/** A handshake takes about a millisecond of the event loop that also answers the webhook. */
const HANDSHAKES = { perSecond: 200, burst: 10 };
const LOOK_MS = 10;
/** Of one address. */
const MOST_WAITING = 256;
const MOST_OPEN = 512;
/** With so many open, those that wait for their next request are closed. */
const MANY_OPEN = 400;

/**
 * Lets connections in to the TLS handshake at a pace, one address after the other, so that a crowd of one address neither
 * keeps out the others nor takes the process from the webhook. Before its constructor returns nothing may have connected.
 */
export class ConnectionGate {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  /** By address, in the order in which they are served. */
  readonly #waiting = new Map<string, Socket[]>();
  readonly #handshakes: RateLimit;
  readonly #accept: (socket: Socket) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(server: Server, handshakes = HANDSHAKES) {
    this.#server = server;
    this.#handshakes = new RateLimit(handshakes);
    const begin = server.listeners('connection') as ((this: Server, socket: Socket) => void)[];
    this.#accept = (socket) => {
      for (const each of begin) each.call(server, socket);
    };
    server.removeAllListeners('connection').on('connection', (socket) => {
      if (socket instanceof Socket) this.#arrive(socket);
    });
  }

  /** Also those of which the server does not know yet. */
  closeAll(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.clear();
    for (const socket of this.#open) socket.destroy();
  }

  #arrive(socket: Socket): void {
    const { remoteAddress: address } = socket;
    const queue = this.#waiting.get(address ?? '') ?? [];
    if (address === undefined || this.#open.size >= MOST_OPEN || queue.length >= MOST_WAITING) {
      socket.destroy();
      return;
    }
    this.#open.add(socket);
    // Until TLS has it, nobody else hears that it broke.
    socket.on('error', () => undefined).once('close', () => this.#open.delete(socket));
    if (this.#open.size > MANY_OPEN) this.#server.closeIdleConnections();
    this.#waiting.set(address, [...queue, socket]);
    if (this.#timer === undefined) this.#serve();
  }

  /** As many as may begin now; the rest later. */
  #serve = (): void => {
    this.#timer = undefined;
    while (this.#waiting.size > 0) {
      if (this.#handshakes.wait('') !== undefined) {
        this.#timer = setTimeout(this.#serve, LOOK_MS);
        return;
      }
      const socket = this.#next();
      if (socket === undefined) continue;
      this.#handshakes.take('');
      this.#accept(socket);
    }
  };

  /** Of the address whose turn it is; undefined: it is gone. */
  #next(): Socket | undefined {
    const [[address, queue] = ['', []]] = this.#waiting;
    const [socket, ...rest] = queue;
    this.#waiting.delete(address);
    if (rest.length > 0) this.#waiting.set(address, rest);
    return socket?.destroyed === false ? socket : undefined;
  }
}
