import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { renderInstall } from '../../deploy/manifests/render.ts';
import type { Rule } from './rendered-chart.ts';
import { chart, only, rendered } from './rendered-chart.ts';

const ownNames = ['try-spark-secrets-operator', 'try-spark-secrets-operator-certificate'];

describe('the operator’s rights', function () {
  this.timeout(60_000); // helm may have to be unpacked first

  async function rules(): Promise<readonly Rule[]> {
    const objects = await rendered();
    return ['ClusterRole', 'Role'].flatMap((kind) => only(objects, kind).rules ?? []);
  }

  it('have a reason for every rule, in the template and in install.yaml', async () => {
    const template = await readFile(join(chart, 'templates', '_rules.tpl'), 'utf8');
    for (const text of [template, await renderInstall()]) {
      const lines = text.split('\n').map((line) => line.trim());
      const starts = lines.flatMap((line, index) => (line.startsWith('- apiGroups:') ? [index] : []));
      expect(starts.length).to.equal((await rules()).length);
      for (const start of starts)
        expect(lines[start - 1], lines.slice(start, start + 3).join(' ')).to.match(/^# .+\.$/);
    }
  });

  it('have no wildcard', async () => {
    for (const rule of await rules()) {
      expect([...rule.apiGroups, ...rule.resources, ...rule.verbs, ...(rule.resourceNames ?? [])]).not.to.include('*');
    }
  });

  it('delete nothing, hand on no rights, and impersonate nobody', async () => {
    const verbs = new Set((await rules()).flatMap((rule) => rule.verbs));
    expect([...verbs]).to.have.members(['get', 'list', 'watch', 'create', 'patch', 'update']);
  });

  it('reach nothing but what they name', async () => {
    const reached = (await rules()).flatMap((rule) =>
      rule.resources.map((resource) => `${resource}: ${rule.verbs.join(' ')}`),
    );
    expect(reached).to.deep.equal([
      'secretstoreconfigs: list watch',
      'sparkjobsecretbindings: list watch',
      'secretstoreconfigs: get',
      'sparkjobsecretbindings: get',
      'secretstoreconfigs/status: patch',
      'sparkjobsecretbindings/status: patch',
      'sparkjobsecretbindings/finalizers: update',
      'secrets: get list watch create update',
      'pods: list watch',
      'pods: get',
      'pods/eviction: create',
      'sparkapplications: get',
      'events: create',
      'namespaces: list watch',
      'tokenreviews: create',
      'subjectaccessreviews: create',
      'mutatingwebhookconfigurations: list watch patch update',
      'leases: create',
      'leases: get update',
      'serviceaccounts/token: create',
      'secrets: create',
      'secrets: list watch update',
    ]);
  });

  it('on webhook configurations, leases and the certificate are for its own alone', async () => {
    const named = (await rules()).filter(
      ({ resources, verbs }) =>
        resources.includes('mutatingwebhookconfigurations') ||
        (resources.includes('leases') && !verbs.includes('create')) ||
        (resources.includes('secrets') && !verbs.includes('create')),
    );
    expect(named.length).to.equal(3);
    for (const { resourceNames } of named) expect(ownNames).to.include.members([...(resourceNames ?? ['none'])]);
  });
});
