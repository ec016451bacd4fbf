import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REASONS } from '../../operator/api/reasons.ts';

describe('docs/runbook.md', () => {
  it('has a section for every reason, and for no other', async () => {
    const text = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'runbook.md'), 'utf8');
    const sections = [...text.matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
    expect(sections.filter((name) => !name?.startsWith('SparkSecrets'))).to.have.members(Object.keys(REASONS));
  });
});
