import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import type { Duplex } from 'node:stream';
import { HEADERS, HttpProblem, PROBLEM_TYPE, problemBody, sendProblem } from './problem.ts';

/** By the code of Node's error; others of its parser are 400. */
const PROBLEMS: Readonly<Record<string, HttpProblem>> = {
  HPE_HEADER_OVERFLOW: new HttpProblem(431, 'the headers are larger than 32 KiB.'),
  ERR_HTTP_REQUEST_TIMEOUT: new HttpProblem(408, 'the request did not arrive in time.'),
};
const NO_REQUEST = new HttpProblem(400, 'this is no request of HTTP/1.1.');

/** Node answers these by itself, but not as the API does. */
export function answerBrokenRequests(server: Server): void {
  /** Connections on which the rest of a body is still awaited, though its request has its answer. */
  const answered = new WeakSet<Duplex>();
  const follow = (request: IncomingMessage, response: ServerResponse): void => {
    response.once('finish', () => {
      if (!request.complete) answered.add(request.socket);
    });
  };
  server.on('request', follow).on('checkContinue', follow);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const problem = PROBLEMS[error.code ?? ''] ?? (error.code?.startsWith('HPE_') === true ? NO_REQUEST : undefined);
    // Without a problem there is nobody to speak to: the handshake failed, or the connection broke.
    const isMute = !socket.writable || answered.has(socket) || isAnswering(socket);
    if (problem === undefined || isMute) socket.destroy(error);
    else socket.end(textOf(problem));
  });
  server.on('checkExpectation', (_request, response) => {
    sendProblem(response, new HttpProblem(417, 'the one thing that can be expected is 100-continue.'));
  });
}

/** Whether an answer has begun on this connection: another one would be read as a part of it. */
function isAnswering(socket: Duplex & { readonly _httpMessage?: { readonly headersSent: boolean } | null }): boolean {
  return socket._httpMessage?.headersSent === true;
}

function textOf(problem: HttpProblem): string {
  const body = problemBody(problem);
  const headers = { ...HEADERS, 'content-type': PROBLEM_TYPE, 'content-length': Buffer.byteLength(body) };
  const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}\r\n${lines.join('')}\r\n${body}`;
}
