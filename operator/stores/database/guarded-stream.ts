import { Socket, type TcpSocketConnectOpts } from 'node:net';
import { guardedLookup } from '../addresses.ts';

class PlainSocket extends Socket {
  reach(options: TcpSocketConnectOpts): this {
    return super.connect(options);
  }
}

/** A socket for pg that looks names up with `guardedLookup`: no name leads it where a store may not be. */
export function guardedStream(): Socket {
  const socket = new PlainSocket();
  const connect = (port: number, host: string): Socket => socket.reach({ port, host, lookup: guardedLookup });
  return Object.assign(socket, { connect });
}
