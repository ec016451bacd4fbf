import { Readable, Writable } from 'node:stream';
import type { Io } from '../../cli/io.ts';

/** Streams of nobody, and what was written to them. */
export interface SilentIo extends Io {
  out(): string;
  err(): string;
}

export function silentIo(options: Partial<Pick<Io, 'env' | 'signal' | 'stdin'>> = {}): SilentIo {
  const [out, err] = [collected(), collected()];
  return {
    stdin: Readable.from([]),
    stdout: out.stream,
    stderr: err.stream,
    env: {},
    signal: new AbortController().signal,
    ...options,
    out: out.text,
    err: err.text,
  };
}

function collected(): { readonly stream: Writable; readonly text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') };
}
