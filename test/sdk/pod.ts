import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyIndexName } from '../../operator/injection/key-index.ts';

/** What a container is given to find its secrets with, made in a temporary folder. */
export class Pod {
  readonly folder: string;
  readonly environ: Record<string, string>;

  private constructor(folder: string) {
    this.folder = folder;
    this.environ = { SPARK_SECRETS_API_TOKEN_FILE: join(folder, 'token') };
  }

  static async make(): Promise<Pod> {
    return new Pod(await mkdtemp(join(tmpdir(), 'spark-secrets-sdk-')));
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }

  /** Where the API is, and whose certificates are trusted (PEM). */
  reach(url: string, ...certificates: readonly string[]): void {
    this.environ['SPARK_SECRETS_API_URL'] = url;
    this.environ['SPARK_SECRETS_API_CA'] = certificates
      .map((pem) => pem.replaceAll(/-----[^-]+-----|\s/g, ''))
      .join(' ');
  }

  /** The token that is mounted from now on. */
  async useToken(token: string): Promise<void> {
    await writeFile(join(this.folder, 'token'), `${token}\n`);
  }

  /** The index of a binding: lines `KEY env NAME` or `KEY file PATH`. */
  give(binding: string, ...lines: readonly string[]): void {
    this.environ[keyIndexName(binding)] = lines.map((line) => `${line}\n`).join('');
  }

  /** A file of the container. @returns its path */
  async file(name: string, content: string | Buffer): Promise<string> {
    const path = join(this.folder, name);
    await writeFile(path, content);
    return path;
  }
}
