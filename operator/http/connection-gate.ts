import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
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

/** How many connections there may be. */
export interface GateLimits {
  /** A handshake takes about a millisecond of the event loop that also answers the webhook. */
  readonly perSecond: number;
  readonly burst: number;
  /** Begun, and not ended. */
  readonly atOnce: number;
  readonly waiting: number;
  readonly waitingOfOne: number;
}

const LIMITS: GateLimits = { perSecond: 200, burst: 10, atOnce: 512, waiting: 2_048, waitingOfOne: 1_024 };
const LOOK_MS = 10;

/**
 * Lets connections in to the TLS handshake at a pace, one address after the other, so that a crowd of one address neither
 * keeps out the others nor takes the process from the webhook: they wait. Before its constructor returns nothing may have
 * connected.
 */
export class ConnectionGate {
  readonly #limits: GateLimits;
  readonly #handshakes: RateLimit;
  readonly #accept: (socket: Socket) => void;
  readonly #open = new Set<Socket>();
  /** By address, in the order in which they are served. */
  readonly #waiting = new Map<string, Socket[]>();
  /** Those that had an answer and did not ask again, the longest first. */
  readonly #idle = new Set<Duplex>();
  readonly #followed = new WeakSet<Duplex>();
  #waitingCount = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(server: Server, limits: Partial<GateLimits> = {}) {
    this.#limits = { ...LIMITS, ...limits };
    this.#handshakes = new RateLimit(this.#limits);
    const begin = server.listeners('connection') as ((this: Server, socket: Socket) => void)[];
    this.#accept = (socket) => {
      for (const each of begin) each.call(server, socket);
    };
    server.removeAllListeners('connection').on('connection', (socket) => {
      if (socket instanceof Socket) this.#arrive(socket);
    });
    const follow = ({ socket }: IncomingMessage, response: ServerResponse): void => {
      this.#follow(socket, response);
    };
    server.on('request', follow).on('checkContinue', follow);
  }

  /** Also those of which the server does not know yet. */
  closeAll(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.clear();
    this.#waitingCount = 0;
    for (const socket of this.#open) socket.destroy();
  }

  #follow(socket: Duplex, response: ServerResponse): void {
    if (!this.#followed.has(socket)) {
      this.#followed.add(socket);
      socket.once('close', () => this.#idle.delete(socket));
    }
    this.#idle.delete(socket);
    response.once('close', () => {
      if (!socket.destroyed) this.#idle.add(socket);
    });
  }

  #arrive(socket: Socket): void {
    const { waiting, waitingOfOne } = this.#limits;
    const { remoteAddress: address } = socket;
    const queue = this.#waiting.get(address ?? '') ?? [];
    if (address === undefined || this.#waitingCount >= waiting || queue.length >= waitingOfOne) {
      socket.destroy();
      return;
    }
    this.#open.add(socket);
    // Until TLS has it, nobody else hears that it broke.
    socket.on('error', () => undefined).once('close', () => this.#open.delete(socket));
    queue.push(socket);
    this.#waiting.set(address, queue);
    this.#waitingCount += 1;
    if (this.#timer === undefined) this.#serve();
  }

  /** As many as may begin now; the rest later. */
  #serve = (): void => {
    this.#timer = undefined;
    while (this.#waitingCount > 0) {
      if (!this.#hasRoom() || this.#handshakes.wait('') !== undefined) {
        this.#timer = setTimeout(this.#serve, LOOK_MS);
        return;
      }
      const socket = this.#next();
      if (socket === undefined) continue;
      this.#handshakes.take('');
      this.#accept(socket);
    }
  };

  /** Otherwise makes some. */
  #hasRoom(): boolean {
    if (this.#open.size - this.#waitingCount < this.#limits.atOnce) return true;
    const [longest] = this.#idle;
    longest?.destroy();
    return false;
  }

  /** Of the address whose turn it is; undefined: it is gone. */
  #next(): Socket | undefined {
    const [[address, queue] = ['', []]] = this.#waiting;
    const socket = queue.shift();
    this.#waitingCount -= 1;
    this.#waiting.delete(address);
    if (queue.length > 0) this.#waiting.set(address, queue);
    return socket?.destroyed === false ? socket : undefined;
  }
}
