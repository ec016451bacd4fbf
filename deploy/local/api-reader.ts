import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import type { Layout } from './layout.ts';

/** Reads from a cluster's API server as its administrator. kubectl would do, but costs as much processor as a part's start. */
export class ApiReader {
  readonly #layout: Layout;
  #identity: { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer } | undefined;

  /** The certificates are read when the first request is made. */
  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** What a path answers; undefined when it does not answer, or with anything but 200. */
  async read(path: string): Promise<string | undefined> {
    const identity = (this.#identity ??= await this.#readIdentity());
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const host = this.#layout.subnet.nodeAddress;
    const outgoing = request({ host, port: 6443, path, timeout: 5000, agent: false, ...identity }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        resolve(response.statusCode === 200 ? text : undefined);
      });
      response.on('error', () => {
        resolve(undefined);
      });
    });
    outgoing.on('timeout', () => outgoing.destroy());
    outgoing.on('error', () => {
      resolve(undefined);
    });
    outgoing.end();
    return promise;
  }

  async #readIdentity(): Promise<{ ca: Buffer; cert: Buffer; key: Buffer }> {
    const pem = (file: string): Promise<Buffer> => readFile(join(this.#layout.state, 'pki', file));
    return { ca: await pem('ca.crt'), cert: await pem('admin.crt'), key: await pem('admin.key') };
  }
}
