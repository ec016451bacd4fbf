import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cgroupFolders, createCgroup, removeCgroup } from '../../deploy/local/cgroups.ts';
import { say } from '../../deploy/local/progress.ts';

/** A cgroup that limits memory, as the container's does: Node sizes its heap by it. */
export interface MemoryLimit {
  /** Where a process writes its id to enter; undefined: this machine gives us no cgroup. */
  readonly procs: string | undefined;
  remove(): Promise<void>;
}

// The file of cgroup version 1, and of version 2.
const limitFiles = ['memory.limit_in_bytes', 'memory.max'];

/** Makes the cgroup; without the right to, it says so and goes on. */
export async function limitMemory(name: string, bytes: number): Promise<MemoryLimit> {
  try {
    await createCgroup(name);
    const files = (await cgroupFolders(name)).flatMap((folder) => limitFiles.map((file) => join(folder, file)));
    const file = files.find((each) => existsSync(each));
    if (file === undefined) throw new Error('no controller for memory');
    await writeFile(file, String(bytes));
    return { procs: join(file, '..', 'cgroup.procs'), remove: () => removeCgroup(name) };
  } catch (error) {
    say(`No limit of memory as in a container (${(error as Error).message}): the RSS may be higher than there.`);
    return { procs: undefined, remove: () => Promise.resolve() };
  }
}
