import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';
import { parse } from 'yaml';

import { chartValues } from '../../deploy/manifests/chart-readme.ts';
import { chart, failure, rendered } from './rendered-chart.ts';

interface Schema {
  readonly $ref?: string;
  readonly type?: unknown;
  readonly additionalProperties?: unknown;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

/** Groups of which any part may be given, or none. */
const FREE = new Set([
  ...['', '/apart/controller', '/apart/webhook', '/apart/api'].map((part) => `${part}/resources`),
  '/affinity',
  '/secretStore/vaultSettings/auth',
  '/secretStore/vaultSettings/tls',
]);
const isGroup = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

describe('the values of the chart', function () {
  this.timeout(60_000); // helm may have to be unpacked first
  let text: string;
  let schema: Schema;

  before(async () => {
    text = await readFile(join(chart, 'values.yaml'), 'utf8');
    schema = JSON.parse(await readFile(join(chart, 'values.schema.json'), 'utf8')) as Schema;
  });

  it('are told in a comment, each or with its group', () => {
    const values = chartValues(text);
    expect(values.length).to.be.greaterThan(60);
    const told = new Set(values.filter(({ meaning }) => meaning !== '').map(({ path }) => path));
    const groupOf = (path: string): string => path.split('.').slice(0, -1).join('.');
    for (const { path } of values) expect(told.has(path) || told.has(groupOf(path)), path).to.equal(true);
  });

  it('are described by the schema: no other is taken, and none of a group may be missing', () => {
    const described = { ...schema, properties: { ...schema.properties } };
    expect(Object.keys(described.properties)).to.include('global');
    delete described.properties['global'];
    compare(described, parse(text), '');

    function compare(part: Schema, value: unknown, path: string): void {
      const node = part.$ref === undefined ? part : schema.definitions![part.$ref.replace('#/definitions/', '')]!;
      if (!isGroup(value) || node.properties === undefined || FREE.has(path)) return;
      const keys = Object.keys(value).toSorted();
      expect(Object.keys(node.properties).toSorted(), path).to.deep.equal(keys);
      expect(node.additionalProperties, path).to.equal(false);
      if (path !== '') expect(node.required?.toSorted(), path).to.deep.equal(keys);
      for (const [key, inner] of Object.entries(value)) compare(node.properties[key]!, inner, `${path}/${key}`);
    }
  });
});

/** What is wrong, and what the schema or a template says of it. */
const nonsense: Record<string, { set: Record<string, unknown>; says: RegExp }> = {
  'a value that does not exist': { set: { replica: 2 }, says: /additional properties 'replica' not allowed/ },
  'a value that does not exist in a group': {
    set: { 'image.name': 'x' },
    says: /at '\/image': additional properties 'name'/,
  },
  'no replicas': { set: { replicas: 0 }, says: /at '\/replicas': minimum: got 0, want 1/ },
  'a part without replicas': { set: { 'apart.api.replicas': 0 }, says: /at '\/apart\/api\/replicas': minimum: got 0/ },
  'an account of the controller, which is the release’s': {
    set: { 'apart.controller.serviceAccount': { name: 'x' } },
    says: /at '\/apart\/controller': additional properties 'serviceAccount'/,
  },
  'replicas as text': { set: { replicas: 'two' }, says: /at '\/replicas': got string, want integer/ },
  'an unknown log level': {
    set: { logLevel: 'loud' },
    says: /at '\/logLevel': value must be one of 'trace', 'debug'/,
  },
  'a cut digest': { set: { 'image.digest': 'sha256:abc' }, says: /at '\/image\/digest': .*does not match pattern/ },
  'a budget of no pods': { set: { 'pdb.minAvailable': 0 }, says: /at '\/pdb\/minAvailable'/ },
  'a pull secret without a name': { set: { imagePullSecrets: [{}] }, says: /missing property 'name'/ },
  'a label that is not text': { set: { labels: { a: 1 } }, says: /at '\/labels\/a': got number, want string/ },
  'a name that is too long for a Service': { set: { fullnameOverride: 'a'.repeat(51) }, says: /maxLength: got 51/ },
  'a namespace that can be none': {
    set: { namespaces: ['a.b'] },
    says: /at '\/namespaces\/0': .*does not match pattern/,
  },
  'an identity for a namespace that is not watched': {
    set: { namespaces: ['a'], identityNamespaces: ['b'] },
    says: /stores in namespace b are not seen, .*: add it there/,
  },
  'an Ingress without a host': { set: { 'ingress.enabled': true }, says: /ingress\.hosts is empty: name the host/ },
  'a host with a path': { set: { 'ingress.hosts': ['a.example/b'] }, says: /at '\/ingress\/hosts\/0': .*pattern/ },
  'two monitors': {
    set: { 'metrics.podMonitor.enabled': true, 'metrics.serviceMonitor.enabled': true },
    says: /counted twice: enable one of them/,
  },
  'an alert that is not there to be left out': {
    set: { 'metrics.prometheusRule.enabled': true, 'metrics.prometheusRule.disabledAlerts': ['None'] },
    says: /there is no alert None\. There are: SparkSecretsOperatorDown, /,
  },
  'a spread without a key': { set: { topologySpreadConstraints: [{ maxSkew: 1 }] }, says: /missing prop.*topologyKey/ },
  'a peer of no kind': { set: { 'networkPolicy.api.from': [{ pods: {} }] }, says: /additional properties 'pods'/ },
  'a store without a spec': { set: { stores: [{ name: 'a' }] }, says: /at '\/stores\/0': missing property 'spec'/ },
};

describe('the chart refuses', function () {
  this.timeout(60_000);

  for (const [name, { set, says }] of Object.entries(nonsense)) {
    it(`${name}, with the reason`, async () => {
      expect(await failure(rendered(set))).to.match(says);
    });
  }
});
