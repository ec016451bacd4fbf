import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { helm } from '../../deploy/manifests/helm.ts';
import { renderInstall } from '../../deploy/manifests/render.ts';
import type { Manifest, Rule } from './rendered-chart.ts';
import { chart, only, rendered } from './rendered-chart.ts';

const NAME = 'try-spark-secrets-operator';
const ownNames = ['try-spark-secrets-operator', 'try-spark-secrets-operator-certificate'];

describe('the operator’s rights', function () {
  this.timeout(60_000); // helm may have to be unpacked first

  const rules = async (): Promise<readonly Rule[]> => rulesOf(await rendered(), NAME);

  /** Those of the ClusterRoles for people, by the end of their names. */
  async function rulesOfPeople(): Promise<Record<string, readonly Rule[]>> {
    const found: Record<string, readonly Rule[]> = {};
    for (const { kind, metadata, rules: of } of await rendered()) {
      const [, role] = /-(viewer|editor|admin)$/.exec(metadata.name) ?? [];
      if (kind === 'ClusterRole' && role !== undefined) found[role] = of ?? [];
    }
    return found;
  }

  it('have a reason for every rule, in the template and in what is applied', async () => {
    const template = await readFile(join(chart, 'templates', '_rules.tpl'), 'utf8');
    const apart = await helm(
      'template',
      'try',
      chart,
      '--set',
      'apart.enabled=true',
      '--show-only=templates/rbac.yaml',
    );
    for (const text of [template, await renderInstall(), apart]) {
      const lines = text.split('\n').map((line) => line.trim());
      const starts = lines.flatMap((line, index) => (line.startsWith('- apiGroups:') ? [index] : []));
      expect(starts.length).to.be.at.least((await rules()).length);
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
    expect(reached(await rules())).to.deep.equal([
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
      'configmaps: list watch create patch',
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
    const of = (role: string): string[] => reached(people[role] ?? []);
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

describe('the rights of the operator’s parts, when they are apart', function () {
  this.timeout(60_000);
  let parts: Record<'controller' | 'webhook' | 'api', readonly Rule[]>;

  before(async () => {
    const objects = await rendered({ 'apart.enabled': true });
    const [controller, webhook, api] = [NAME, `${NAME}-webhook`, `${NAME}-api`].map((name) => rulesOf(objects, name));
    parts = { controller: controller!, webhook: webhook!, api: api! };
  });

  it('are all together those of the one that does all', async () => {
    const single = (rules: readonly Rule[]): string[] => [
      ...new Set(
        rules.flatMap(({ resources, verbs }) => resources.flatMap((each) => verbs.map((verb) => `${verb} ${each}`))),
      ),
    ];
    expect(single(Object.values(parts).flat())).to.have.members(single(rulesOf(await rendered(), NAME)));
  });

  it('let the webhook read, and write nothing', () => {
    expect(reached(parts.webhook)).to.deep.equal([
      'sparkjobsecretbindings: list watch',
      'secrets: list watch',
      'configmaps: list watch',
      'secrets: list watch',
    ]);
  });

  it('let the API change keys, and nothing of bindings, webhooks, pods and the election', () => {
    expect(reached(parts.api)).to.deep.equal([
      'secretstoreconfigs: list watch',
      'sparkjobsecretbindings: list watch',
      'secretstoreconfigs: patch',
      'secrets: get list watch create update',
      'pods: list watch',
      'pods: get',
      'namespaces: list watch',
      'tokenreviews: create',
      'subjectaccessreviews: create',
      'serviceaccounts/token: create',
      'configmaps: list watch',
      'secrets: list watch',
    ]);
  });

  it('leave to the controller all but what is the API’s', () => {
    const others = reached(parts.controller).join();
    for (const right of ['tokenreviews', 'subjectaccessreviews', 'secretstoreconfigs: patch', 'pods: get'])
      expect(others).not.to.include(right);
  });

  it('make tokens for one’s own account alone', () => {
    const named = (rules: readonly Rule[]) =>
      rules.find(({ resources }) => resources.includes('serviceaccounts/token'))?.resourceNames;
    expect([named(parts.controller), named(parts.webhook), named(parts.api)]).to.deep.equal([
      [NAME],
      undefined,
      [`${NAME}-api`],
    ]);
  });
});

/** What the roles of that name grant. */
function rulesOf(objects: readonly Manifest[], name: string): readonly Rule[] {
  const named = objects.filter(({ metadata }) => metadata.name === name);
  return ['ClusterRole', 'Role'].flatMap((kind) => only(named, kind).rules ?? []);
}

function reached(rules: readonly Rule[]): string[] {
  return rules.flatMap(({ resources, verbs }) => resources.map((resource) => `${resource}: ${verbs.join(' ')}`));
}
