import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Job } from './job.ts';

const folder = join(import.meta.dirname, '..', 'jobs');

/** What has a job run a Python program of test/e2e/jobs in place of the quickstart's, which stays beside it. */
export async function program(name: string): Promise<Required<Pick<Job, 'main' | 'files'>>> {
  const text = await readFile(join(folder, name));
  return { main: `local:///opt/job/${name}`, files: { [name]: text.toString('base64') } };
}
