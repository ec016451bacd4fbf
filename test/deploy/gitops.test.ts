import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';

import { ensurePackages } from '../../deploy/local/packages.ts';
import { run } from '../../deploy/local/run.ts';
import { only, rendered } from './rendered-chart.ts';

const examples = join(import.meta.dirname, '..', '..', 'examples');

interface Application {
  readonly spec: { readonly source: { readonly path: string; readonly helm: { readonly valuesObject: object } } };
}
interface Release {
  readonly spec: { readonly chart: { readonly spec: { readonly chart: string } }; readonly values: object };
}

async function objects<T>(file: string, kind: string): Promise<T> {
  const documents = parseAllDocuments(await readFile(join(examples, file), 'utf8')).map((document) => {
    if (document.errors.length > 0) throw document.errors[0]!;
    return document.toJS() as { readonly kind: string };
  });
  const found = documents.find((document) => document.kind === kind);
  if (found === undefined) throw new Error(`${file} has no ${kind}`);
  return found as T;
}

/** The health scripts of examples/argo-cd, run by Lua itself with an object. */
class Health {
  readonly #scripts: Readonly<Record<string, string>>;

  private constructor(scripts: Readonly<Record<string, string>>) {
    this.#scripts = scripts;
  }

  static async read(): Promise<Health> {
    await ensurePackages(['lua5.3']);
    return new Health((await objects<{ data: Record<string, string> }>('argo-cd/health.yaml', 'ConfigMap')).data);
  }

  async of(kind: string, object: object): Promise<string> {
    const script = this.#scripts[`resource.customizations.health.secrets.iomete.com_${kind}`];
    const text = `obj = ${lua(object)}\nlocal hs = (function()\n${script ?? ''}\nend)()\nprint(hs.status .. ": " .. hs.message)`;
    return (await run('lua5.3', ['-'], { input: text })).trim();
  }
}

/** A value in Lua's words. */
function lua(value: unknown): string {
  if (Array.isArray(value)) return `{${value.map(lua).join(', ')}}`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, inner]) => `[${JSON.stringify(key)}] = ${lua(inner)}`)
    .join(', ')}}`;
}

describe('examples/argo-cd', function () {
  this.timeout(120_000); // lua may have to be installed first

  it('has values that the chart takes, of a chart that is there', async () => {
    const { spec } = await objects<Application>('argo-cd/operator.yaml', 'Application');
    expect(spec.source.path).to.equal('deploy/chart');
    const made = await rendered({ ...spec.source.helm.valuesObject });
    expect(only(made, 'SecretStoreConfig').spec).to.have.nested.property('vault.path', '/v1/secret/data/iomete/poc');
  });

  const ready = (status: string, reason: string): object => ({
    observedGeneration: 2,
    conditions: [
      { type: 'Resolved', status: 'True', reason: 'AllKeysResolved', message: 'not this one' },
      { type: 'Ready', status, reason, message: `${reason}!` },
    ],
  });
  const states: Record<string, [object | undefined, string]> = {
    'no status': [undefined, 'Progressing: The operator has not looked at it yet.'],
    'a status without conditions': [{ observedGeneration: 2 }, 'Progressing: The operator has not looked at it yet.'],
    'a status of an older spec': [
      { ...ready('True', 'Injecting'), observedGeneration: 1 },
      'Progressing: The operator has not looked at it yet.',
    ],
    'Ready=True': [ready('True', 'Injecting'), 'Healthy: Injecting!'],
    'Ready=Unknown': [ready('Unknown', 'Unresolved'), 'Progressing: Unresolved!'],
    'Ready=False, which the same sync may mend': [ready('False', 'StoreNotFound'), 'Progressing: StoreNotFound!'],
    'Ready=False, which it may not': [ready('False', 'AccessDenied'), 'Degraded: AccessDenied!'],
  };
  for (const [name, [status, health]] of Object.entries(states)) {
    it(`tells Argo CD the health of what has ${name}`, async () => {
      const scripts = await Health.read();
      const object = { metadata: { generation: 2 }, ...(status === undefined ? {} : { status }) };
      for (const kind of ['SecretStoreConfig', 'SparkJobSecretBinding'])
        expect(await scripts.of(kind, object)).to.equal(health);
    });
  }
});

describe('examples/flux', function () {
  this.timeout(60_000);

  it('has values that the chart takes, of a chart that is there', async () => {
    const { spec } = await objects<Release>('flux/operator.yaml', 'HelmRelease');
    expect(spec.chart.spec.chart).to.equal('deploy/chart');
    const made = await rendered({ ...spec.values });
    expect(only(made, 'SecretStoreConfig').spec).to.have.nested.property('vault.auth.kubernetes.role', 'spark-secrets');
  });

  it('waits for bindings as for stores', async () => {
    const checks = async (file: string, kind: string): Promise<unknown[]> => {
      const { spec } = await objects<{ spec: { healthCheckExprs: object[] } }>(file, kind);
      return spec.healthCheckExprs.map((check) => ({ ...check, kind: undefined }));
    };
    expect(await checks('flux/analytics.yaml', 'Kustomization')).to.deep.equal(
      await checks('flux/operator.yaml', 'HelmRelease'),
    );
  });
});
