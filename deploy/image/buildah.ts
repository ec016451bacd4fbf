import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { run } from '../local/run.ts';

/** Buildah with a storage of its own, so that the host's images and containers are neither seen nor touched. */
export class Buildah {
  readonly #storage: string;

  /** @param storage a folder that belongs to this program alone */
  constructor(storage: string) {
    this.#storage = storage;
  }

  /**
   * Runs one command and answers its standard output, trimmed.
   *
   * @throws CommandFailed with the last lines of its output; it may take ten minutes
   */
  async run(command: string, ...args: string[]): Promise<string> {
    const temporary = join(this.#storage, 'tmp');
    await mkdir(temporary, { recursive: true });
    const roots = ['--root', join(this.#storage, 'root'), '--runroot', join(this.#storage, 'run')];
    // With a chroot for a container there is no container runtime to install.
    const env = { ...process.env, TMPDIR: temporary, BUILDAH_ISOLATION: 'chroot' };
    return (await run('buildah', [...roots, command, ...args], { env })).trim();
  }

  /** Whether an image of this name is in the storage. */
  async has(image: string): Promise<boolean> {
    const names = await this.run('images', '--format', '{{.Name}}:{{.Tag}}');
    return names.split('\n').includes(image);
  }
}
