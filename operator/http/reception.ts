import type { IncomingMessage, ServerResponse } from 'node:http';
import { Crowd, type CrowdLimits, type Place } from './crowd.ts';
import { Door, type DoorOptions, type Visitor } from './door.ts';
import { HttpProblem, sendProblem } from './problem.ts';
import { Turns } from './turns.ts';

export interface ReceptionOptions extends DoorOptions {
  readonly crowd?: Partial<CrowdLimits> | undefined;
}

/** A request that is served, and who sent it as far as that is known. */
export interface Guest {
  readonly visitor: Visitor;
  readonly place: Place;
}

const NO_HOST = new HttpProblem(400, 'this is no request of HTTP/1.1: it has no Host.');
const NAMELESS = { perSecond: 300, burst: 300, bodyBytes: 0 };

/**
 * Receives every request of the API's port, and sends away whoever comes too often before anything is looked at that costs:
 * in one turn of the event loop, with an answer of some bytes.
 */
export class Reception {
  readonly door: Door;
  readonly #crowd: Crowd;
  /** Those without any token: a crowd of them leaves the others their room. */
  readonly #nameless: Crowd;
  readonly #turns = new Turns();

  constructor(options: ReceptionOptions) {
    this.door = new Door(options);
    this.#crowd = new Crowd(options.crowd, options.now);
    this.#nameless = new Crowd(NAMELESS, options.now);
  }

  /** Calls `serve`, which must not throw, in a turn of its own, or answers 429 or 503. */
  receive(request: IncomingMessage, response: ServerResponse, serve: (guest: Guest) => void): void {
    const guest = this.#guestOf(request);
    if (guest instanceof HttpProblem) {
      sendProblem(response, guest);
      return;
    }
    response.once('close', () => {
      guest.place.leave();
    });
    this.#turns.do(() => {
      serve(guest);
    });
  }

  #guestOf({ headers, socket, httpVersion }: IncomingMessage): Guest | HttpProblem {
    if (headers.host === undefined && httpVersion === '1.1') return NO_HOST;
    try {
      const visitor = this.door.knock({ header: headers.authorization, address: addressOf(socket.remoteAddress) });
      const crowd = visitor.header === undefined ? this.#nameless : this.#crowd;
      return { visitor, place: crowd.enter(visitor.who) };
    } catch (error) {
      if (error instanceof HttpProblem) return error;
      throw error;
    }
  }
}

/** An address of IPv4 as such, also where the socket is one of IPv6. */
function addressOf(address = 'unknown'): string {
  return address.replace(/^::ffff:(?=[0-9.]+$)/, '');
}
