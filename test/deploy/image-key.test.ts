import { cp, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { imageKey } from '../../deploy/image/image-key.ts';

const root = join(import.meta.dirname, '..', '..');

describe('the key of the operator’s image', () => {
  let context: string;

  beforeEach(async () => {
    context = await mkdtemp(join(tmpdir(), 'image-key-'));
    for (const path of ['package.json', 'package-lock.json', 'tsconfig.json', 'deploy/image', 'operator/errors.ts']) {
      await cp(join(root, path), join(context, path), { recursive: true });
    }
  });

  afterEach(async () => {
    await rm(context, { recursive: true });
  });

  it('is the same for the same files in another folder', async () => {
    const before = await imageKey(context);
    await rename(context, `${context}-moved`);
    context += '-moved';
    expect(await imageKey(context))
      .to.equal(before)
      .and.to.match(/^[0-9a-f]{12}$/);
  });

  for (const path of [
    'operator/errors.ts',
    'operator/api/new.ts',
    'package-lock.json',
    'deploy/image/Dockerfile',
    'deploy/image/console.ts',
    'deploy/image/sbom.ts',
  ]) {
    it(`changes with ${path}`, async () => {
      await cp(join(context, 'operator', 'errors.ts'), join(context, 'operator', 'api', 'old.ts'));
      const before = await imageKey(context);
      await writeFile(join(context, path), 'changed');
      expect(await imageKey(context)).not.to.equal(before);
    });
  }

  it('does not change with what stays out of the image', async () => {
    const before = await imageKey(context);
    await writeFile(join(context, 'README.md'), 'changed');
    expect(await imageKey(context)).to.equal(before);
  });
});
