import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { NAMESPACE } from '../../operator/api/kinds.ts';
import { Informer } from '../../operator/runtime/informer.ts';
import { HttpKubeClient } from '../../operator/runtime/kube-client.ts';
import type { KubeConnection } from '../../operator/runtime/kube-connection.ts';
import { apiVersionOf, type KubeKind, type KubeObject } from '../../operator/runtime/kube-object.ts';
import { eventually } from '../doubles/eventually.ts';
import { connect } from '../support/operator/launch.ts';
import { testCluster, type Cluster } from '../support/test-cluster.ts';

const OLD = 'v1alpha1';
const NEW = 'v1beta1';
const { signal } = new AbortController();

interface Thing extends KubeObject {
  readonly spec: object;
  readonly status?: object;
}

interface Definition extends KubeObject {
  readonly status: { readonly storedVersions: readonly string[] };
}

const CRD: KubeKind<Definition> = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
};

/** What a definition says of its versions. */
type Versions = Readonly<Record<string, { readonly served: boolean; readonly storage: boolean }>>;
const STORED = { served: true, storage: true };
const SERVED = { served: true, storage: false };

const OURS = {
  sparkjobsecretbindings: {
    spec: { storeRef: { name: 's' }, selector: { applications: ['a'] }, env: [{ name: 'A', key: 'A' }] },
    bad: { env: [{ name: 'PATH', key: 'A' }] },
    status: { observedGeneration: 1, keys: [{ key: 'A', version: '1' }] },
  },
  secretstoreconfigs: {
    spec: { type: 'kubernetes', refreshInterval: '1m' },
    bad: { type: 'vault' },
    status: { observedGeneration: 1, keys: 3 },
  },
};

const KINDS = Object.entries(OURS);

/** One of our definitions under a group and names of its own, as the cluster's are used by others. */
class Copy {
  readonly #cluster: Cluster;
  readonly #client: HttpKubeClient;
  readonly #plural: string;
  readonly #namespace: string;
  readonly #group: string;

  constructor(cluster: Cluster, client: HttpKubeClient, plural: string, namespace: string) {
    [this.#cluster, this.#client, this.#plural, this.#namespace] = [cluster, client, plural, namespace];
    this.#group = `${plural}.${namespace}.example.com`;
  }

  get #name(): string {
    return `${this.#plural}x.${this.#group}`;
  }

  kind(version: string): KubeKind<Thing> {
    return { group: this.#group, version, plural: `${this.#plural}x`, kind: `${this.#plural}X`, namespaced: true };
  }

  /** Applies the definition with these versions, all of the one schema there is; resolves when that is what is served. */
  async define(versions: Versions): Promise<void> {
    const text = await readFile(join(import.meta.dirname, '../../crds', `${this.#plural}.yaml`), 'utf8');
    const crd = parse(text) as { readonly spec: { readonly versions: readonly [object] } };
    const { kind, plural, group } = this.kind(OLD);
    const spec = {
      ...crd.spec,
      group,
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      conversion: { strategy: 'None' },
      versions: Object.entries(versions).map(([name, how]) => ({ ...crd.spec.versions[0], name, ...how })),
    };
    const input = JSON.stringify({ ...crd, metadata: { name: this.#name }, spec });
    await this.#cluster.kubectl(['apply', '--server-side', '-f', '-'], { input });
    await eventually(async () => {
      for (const version of [OLD, NEW]) if ((await this.#isServed(version)) !== version in versions) return false;
      return true;
    }, 15_000);
  }

  async #isServed(version: string): Promise<boolean> {
    const found = await this.#cluster.kubectl(['get', '--raw', `/apis/${this.#group}/${version}`]).catch(() => '');
    return found.includes(`"${this.kind(version).plural}"`);
  }

  async create(version: string, name: string, spec: object): Promise<Thing> {
    return this.#client.create(this.kind(version), this.#object(version, name, { spec }) as Thing, signal);
  }

  async get(version: string): Promise<Thing> {
    const found = await this.#client.get(this.kind(version), this.#namespace, 'old', signal);
    if (found === undefined) throw new Error('404');
    return found;
  }

  /** As the operator does it. */
  async setStatus(version: string, status: object): Promise<void> {
    const options = { signal, subresource: 'status', force: true } as const;
    await this.#client.apply(this.kind(version), this.#object(version, 'old', { status }), options);
  }

  /** Writes each object once more, as it is. */
  async rewrite(version: string): Promise<Thing> {
    const all = ['get', `${this.kind(version).plural}.${version}.${this.#group}`, '-n', this.#namespace, '-o', 'json'];
    await this.#cluster.kubectl(['replace', '-f', '-'], { input: await this.#cluster.kubectl(all) });
    return this.get(version);
  }

  async storedVersions(): Promise<readonly string[] | undefined> {
    return (await this.#client.get(CRD, undefined, this.#name, signal))?.status.storedVersions;
  }

  async setStoredVersions(storedVersions: readonly string[]): Promise<void> {
    const patch = JSON.stringify({ status: { storedVersions } });
    await this.#cluster.kubectl(['patch', 'crd', this.#name, '--subresource=status', '--type=merge', '-p', patch]);
  }

  async remove(): Promise<void> {
    await this.#client.delete(CRD, undefined, this.#name, { signal });
  }

  #object(version: string, name: string, more: object): KubeObject {
    const kind = this.kind(version);
    return {
      apiVersion: apiVersionOf(kind),
      kind: kind.kind,
      metadata: { name, namespace: this.#namespace },
      ...more,
    };
  }
}

describe('a new version of the API', function () {
  this.timeout(60_000);
  const namespace = `versions-${randomBytes(3).toString('hex')}`;
  let cluster: Cluster;
  let connection: KubeConnection;
  let client: HttpKubeClient;

  before(async () => {
    cluster = await testCluster();
    connection = connect(cluster);
    client = new HttpKubeClient(connection);
    await client.create(NAMESPACE, { metadata: { name: namespace } }, signal);
  });
  after(async () => {
    await client.delete(NAMESPACE, undefined, namespace, { signal });
    await connection.close();
  });

  const story = async ([plural, { spec, bad, status }]: (typeof KINDS)[number]): Promise<void> => {
    const copy = new Copy(cluster, client, plural, namespace);
    // Today: the old version alone, an object of somebody, and what the operator wrote of it.
    await copy.define({ [OLD]: STORED });
    const { uid } = (await copy.create(OLD, 'old', spec)).metadata;
    await copy.setStatus(OLD, status);
    // An operator that knows the old version only.
    const informer = new Informer<Thing>({ connection, kind: copy.kind(OLD), namespace });
    await informer.start();
    try {
      // Both are served: each object is in both, the same but for its apiVersion.
      await copy.define({ [OLD]: STORED, [NEW]: SERVED });
      const before = await copy.get(NEW);
      expect(before.apiVersion).to.equal(apiVersionOf(copy.kind(NEW)));
      expect(withoutVersion(before)).to.deep.equal(withoutVersion(await copy.get(OLD)));
      expect(before).to.deep.include({ status });
      await copy.create(NEW, 'new', spec);
      await eventually(() => informer.get(namespace, 'new') !== undefined);
      expect(informer.get(namespace, 'new')?.apiVersion).to.equal(apiVersionOf(copy.kind(OLD)));
      for (const version of [OLD, NEW])
        expect(await textOf(copy.create(version, 'bad', { ...spec, ...bad })), version).to.contain('invalid');
      const later = { ...status, observedGeneration: 2 };
      await copy.setStatus(NEW, later);
      expect(await copy.get(OLD)).to.deep.include({ status: later });

      // The new one is stored from now on; the old one can't go while something may be stored in it.
      await copy.define({ [OLD]: SERVED, [NEW]: STORED });
      expect(await copy.storedVersions()).to.deep.equal([OLD, NEW]);
      expect(await textOf(copy.define({ [NEW]: STORED }))).to.contain('storedVersions');

      // Everything is written once more: that changes how it is stored, and nothing else; a second time not even that.
      const inOld = (await copy.get(NEW)).metadata.resourceVersion;
      const stored = await copy.rewrite(NEW);
      expect(stored.metadata.resourceVersion).not.to.equal(inOld);
      expect(stored.metadata).to.deep.include({ uid, generation: before.metadata.generation });
      expect((await copy.rewrite(NEW)).metadata.resourceVersion).to.equal(stored.metadata.resourceVersion);
      await eventually(
        () => informer.get(namespace, 'old')?.metadata.resourceVersion === stored.metadata.resourceVersion,
      );
      await copy.setStoredVersions([NEW]);
      await informer.stop();

      // And the old one goes.
      await copy.define({ [NEW]: STORED });
      expect(await copy.storedVersions()).to.deep.equal([NEW]);
      expect(withoutVersion(await copy.get(NEW))).to.deep.equal(withoutVersion(stored));
      expect(await copy.get(NEW)).to.deep.include({ status: later });
      expect(await textOf(copy.get(OLD))).to.contain('404');
    } finally {
      await informer.stop();
      await copy.remove();
    }
  };

  it("takes the old one's place, for both kinds, with all that is stored, and nothing converts", async () => {
    await Promise.all(KINDS.map(story));
  });
});

/** All that is the same in every version. */
function withoutVersion(thing: Thing): object {
  return { ...thing, apiVersion: '', metadata: { ...thing.metadata, managedFields: [] } };
}

/** Why something failed; '' when it did not. */
async function textOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => '',
    (error: unknown) => String(error),
  );
}
