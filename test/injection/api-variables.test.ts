import { expect } from 'chai';
import type { ApiAddress } from '../../operator/injection/api-variables.ts';
import { decide } from '../../operator/injection/decide.ts';
import type { Container, EnvVar, Pod } from '../../operator/injection/pod.ts';
import { applyJsonPatch } from '../doubles/json-patch.ts';
import { golden, GOLDEN_PODS, marked, view, type FullPod } from './bindings.ts';

const API: ApiAddress = { url: 'https://operator.system.svc:8443', authorities: 'MIIB+/A= MIIC' };
const LATER: ApiAddress = { url: 'https://operator.system.svc:8443', authorities: 'MIIC MIID' };
const TOLD = { SPARK_SECRETS_API_URL: API.url, SPARK_SECRETS_API_CA: API.authorities };
const VIEWS = [view('orders')];
const RUN = 'r000000000';

const notebook = marked(
  { metadata: {}, spec: { containers: [{ name: 'notebook', image: 'notebook:1' }] } },
  { 'secrets.iomete.com/inject': 'true', app: 'notebook' },
);
const pods: Record<string, FullPod> = {
  ...Object.fromEntries(GOLDEN_PODS.map((name) => [name, golden(name)])),
  'a notebook': notebook,
};

function admitted(pod: Pod, api?: ApiAddress): FullPod {
  const decision = decide(pod, VIEWS, RUN, { api });
  if (decision.kind !== 'patch') throw new Error(JSON.stringify(decision));
  return applyJsonPatch(pod, decision.patch) as FullPod;
}

/** What the driver, and what the init container is told. */
function toldIn({ spec }: FullPod): readonly Record<string, string | undefined>[] {
  const isDriver = ({ volumeMounts = [] }: Container): boolean =>
    volumeMounts.some(({ name }) => name === 'spark-secrets-conf');
  return [spec.containers.find(isDriver)!, spec.initContainers!.find(isDriver)!].map(({ env = [] }) =>
    Object.fromEntries(env.filter(({ name }) => name in TOLD).map(({ name, value }) => [name, value])),
  );
}

function withEnv(env: readonly EnvVar[]): FullPod {
  return { ...notebook, spec: { containers: [{ ...notebook.spec.containers[0]!, env }] } };
}

describe('the address of the API', () => {
  for (const [name, pod] of Object.entries(pods)) {
    it(`is told to the driver, and to the init container for executors, once: ${name}`, () => {
      const after = admitted(pod, API);
      expect(toldIn(after)).to.deep.equal([TOLD, TOLD]);
      // Between two calls for one pod the authorities may change, or not be known to a replica that has just started.
      for (const api of [API, LATER, undefined])
        expect(decide(after, VIEWS, RUN, { api })).to.deep.equal({ kind: 'patch', patch: [], warnings: [] });
    });
  }

  it('is left out while there is no certificate, and then also of a second call', () => {
    const after = admitted(notebook);
    expect(toldIn(after)).to.deep.equal([{}, {}]);
    expect(decide(after, VIEWS, RUN, { api: API })).to.deep.equal({ kind: 'patch', patch: [], warnings: [] });
  });

  it('comes back as it was when another webhook took it from the driver', () => {
    const after = admitted(notebook, API);
    const containers = after.spec.containers.map(({ env = [], ...one }) => ({
      ...one,
      env: env.filter(({ name }) => !(name in TOLD)),
    }));
    expect(toldIn(admitted({ ...after, spec: { ...after.spec, containers } }, LATER))).to.deep.equal([TOLD, TOLD]);
  });

  for (const own of ['SPARK_SECRETS_API_URL', 'SPARK_SECRETS_API_CA']) {
    it(`is the job's own where it sets ${own}: both belong together`, () => {
      const pod = withEnv([{ name: own, value: 'own' }]);
      const after = admitted(pod, API);
      expect(toldIn(after)[0]).to.deep.equal({ [own]: 'own' });
      expect(decide(after, VIEWS, RUN, { api: LATER })).to.deep.equal({ kind: 'patch', patch: [], warnings: [] });
    });
  }

  it('is not told to a pod that no binding selects', () => {
    const views = [view('orders', { spec: { selector: { applications: ['other'] } } })];
    expect(decide(golden('spark-3.4-java'), views, RUN, { api: API })).to.deep.equal({ kind: 'none' });
  });
});
