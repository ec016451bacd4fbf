import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';

// A program: reads a Load from its standard input, puts that load on the API at 127.0.0.1, prints a LoadReport.

/** What to ask, and how often. */
export interface Load {
  readonly port: number;
  /** PEM: who must have signed the certificate. */
  readonly ca: string;
  readonly path: string;
  /** Whose requests these are, in turn; '' is nobody's. */
  readonly tokens: readonly string[];
  /** Requests a second. */
  readonly rate: number;
  readonly seconds: number;
  /** Of which the first are not counted: connections are made meanwhile. */
  readonly warmUp: number;
  /** At most so many connections. */
  readonly connections: number;
}

/** What came of it; times in milliseconds. */
export interface LoadReport {
  /** How often each status was answered; 0: none was, the connection broke. */
  readonly statuses: Readonly<Record<number, number>>;
  /** Of answers of 200, from the moment at which the request was due. */
  readonly latencies: readonly number[];
}

/** An open loop: a request is sent when it is due, whatever became of those before. */
async function putLoad({ port, ca, path, tokens, rate, seconds, warmUp, connections }: Load): Promise<LoadReport> {
  // Whose certificate it is was seen when the operator started; here it is the name that differs.
  const connect = { ca, checkServerIdentity: () => undefined };
  const pool = new Pool(`https://127.0.0.1:${port}`, { connections, pipelining: 1, allowH2: false, connect });
  const statuses: Record<number, number> = {};
  const latencies: number[] = [];
  const send = async (index: number, due: number): Promise<void> => {
    const token = tokens[index % tokens.length] ?? '';
    const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
    const status = await pool.request({ method: 'GET', path, headers }).then(
      async ({ statusCode, body }) => {
        await body.dump({ limit: Infinity });
        return statusCode;
      },
      () => 0,
    );
    if (index < rate * warmUp) return;
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (status === 200) latencies.push(performance.now() - due);
  };
  const start = performance.now() + 100;
  const sending: Promise<void>[] = [];
  for (let index = 0; index < rate * (warmUp + seconds); index += 1) {
    const due = start + (index * 1000) / rate;
    const wait = due - performance.now();
    if (wait > 0) await sleep(Math.ceil(wait));
    sending.push(send(index, due));
  }
  await Promise.all(sending);
  await pool.close();
  return { statuses, latencies };
}

process.stdout.write(JSON.stringify(await putLoad(JSON.parse(await text(process.stdin)) as Load)));
