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
    const objects = (await rendered()).filter(({ metadata }) => metadata.name === 'try-spark-secrets-operator');
    return ['ClusterRole', 'Role'].flatMap((kind) => only(objects, kind).rules ?? []);
  }

  /** Those of the ClusterRoles for people, by the end of their names. */
  async function rulesOfPeople(): Promise<Record<string, readonly Rule[]>> {
    const found: Record<string, readonly Rule[]> = {};
    for (const { kind, metadata, rules: of } of await rendered()) {
      const [, role] = /-(viewer|editor|admin)$/.exec(metadata.name) ?? [];
      if (kind === 'ClusterRole' && role !== undefined) found[role] = of ?? [];
    }
    return found;
  }

  it('have a reason for every rule, in the template and in install.yaml', async () => {
    const template = await readFile(join(chart, 'templates', '_rules.tpl'), 'utf8');
    const own = (await rules()).length;
    const ofPeople = Object.values(await rulesOfPeople()).flat().length;
    for (const [text, count] of [
      [template, own],
      [await renderInstall(), own + ofPeople],
    ] as const) {
      const lines = text.split('\n').map((line) => line.trim());
      const starts = lines.flatMap((line, index) => (line.startsWith('- apiGroups:') ? [index] : []));
      expect(starts.length).to.equal(count);
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
      'secretstoreconfigs: patch',
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

  it('are apart from those of people: a viewer lists keys, an editor changes them unseen, an admin sees values', async () => {
    const people = await rulesOfPeople();
    const of = (role: string): string[] =>
      (people[role] ?? []).flatMap(({ resources, verbs }) =>
        resources.map((resource) => `${resource}: ${verbs.join(' ')}`),
      );
    const viewer = [
      'secretstoreconfigs/keys: list',
      'secretstoreconfigs: get list watch',
      'sparkjobsecretbindings: get list watch',
    ];
    const editor = [...viewer, 'secretstoreconfigs/keys: create update delete'];
    expect(of('viewer')).to.deep.equal(viewer);
    expect(of('editor')).to.deep.equal(editor);
    expect(of('admin')).to.deep.equal([
      ...editor,
      'secretstoreconfigs/keys: get',
      'sparkjobsecretbindings: create update patch delete',
    ]);
  });

  it('of people come to nobody by the cluster’s own roles', async () => {
    for (const { metadata } of await rendered())
      expect(Object.keys(metadata.labels ?? {}).join()).not.to.contain('rbac.authorization.k8s.io/aggregate');
  });
});
