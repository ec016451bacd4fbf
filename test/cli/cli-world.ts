import { expect } from 'chai';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { run } from '../../cli/program.ts';
import { createAuthority, type KeyPair } from '../../operator/webhook/certificates.ts';
import { ordersWorld, type ApiWorld } from '../http/api-world.ts';

/** How a command is run. */
export interface Run {
  /** The token: a user of the world; 'owner' by default, '' is none. */
  readonly as?: string;
  readonly input?: string | Buffer;
  /** Standard output and error are a terminal. */
  readonly terminal?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly bytes: Buffer;
  readonly err: string;
}

/** Commands in this process, against the real API with a store in memory: platform/default, see `ordersWorld`. */
export class CliWorld {
  readonly api: ApiWorld;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;

  constructor(api: ApiWorld, folder: string, ca: string) {
    this.api = api;
    this.folder = folder;
    this.env = {
      SPARK_SECRETS_SERVER: `https://127.0.0.1:${api.port}`,
      SPARK_SECRETS_CA_FILE: ca,
      // Whatever kubeconfig this machine has is not to be read.
      KUBECONFIG: join(folder, 'none'),
    };
  }

  async close(): Promise<void> {
    await this.api.stop();
    await rm(this.folder, { recursive: true });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async file(name: string, content: string | Buffer): Promise<string> {
    await writeFile(this.path(name), content);
    return this.path(name);
  }

  async run(args: readonly string[], how: Run = {}): Promise<Ran> {
    const { as = 'owner', input = '', terminal = false, env = {} } = how;
    const [stdout, stderr] = [collector(terminal), collector(terminal)];
    const signal = how.signal ?? new AbortController().signal;
    const stdin = Readable.from([Buffer.from(input)]);
    const all = { ...this.env, SPARK_SECRETS_TOKEN: as, ...env };
    const code = await run(args, { stdin, stdout, stderr, env: all, signal });
    const bytes = stdout.collected();
    const err = stderr.collected().toString('utf8');
    if (code !== 0) expect(err).not.to.contain('unexpected');
    return { code, out: bytes.toString('utf8'), bytes, err };
  }
}

type Collector = Writable & { readonly isTTY: boolean; readonly columns: number; collected(): Buffer };

function collector(isTTY: boolean): Collector {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk);
      done();
    },
  });
  return Object.assign(stream, { isTTY, columns: 80, collected: () => Buffer.concat(chunks) });
}

interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** A world that `close` ends. */
export async function openCliWorld(authority: KeyPair, rate?: Rate): Promise<CliWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'cli-'));
  await writeFile(join(folder, 'ca.pem'), authority.cert);
  return new CliWorld(await ordersWorld(authority, rate), folder, join(folder, 'ca.pem'));
}

/** Gives each test of the suite a world of its own. */
export function eachInCliWorld(use: (world: CliWorld) => void, rate?: Rate): void {
  let authority: KeyPair;
  let world: CliWorld;
  before(async () => {
    authority = await createAuthority(new Date());
  });
  beforeEach(async () => {
    world = await openCliWorld(authority, rate);
    use(world);
  });
  afterEach(() => world.close());
}
