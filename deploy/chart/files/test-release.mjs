// What "helm test" runs, in a pod of the operator's image: is what was installed at work? Prints a line for each check.
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';

const { NAMESPACE, HOST, STORES } = process.env;
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const KINDS = ['SecretStoreConfig', 'SparkJobSecretBinding'];
const GROUP = '/apis/secrets.iomete.com/v1alpha1';
/** For a store that was declared a moment ago to be looked at. */
const LIMIT_MS = 60_000;

const [operatorCa, apiServerCa, token] = await Promise.all(
  ['/authority/ca.crt', `${ACCOUNT}/ca.crt`, `${ACCOUNT}/token`].map((path) => readFile(path, 'utf8')),
);
const apiServer = { host: 'kubernetes.default.svc', port: 443, ca: apiServerCa };
const webhook = { host: HOST, port: 443, ca: operatorCa };
const api = { host: HOST, port: 8443, ca: operatorCa };

/** A JSON answer. The certificate has to be signed by `ca`, and for that very name. */
function ask({ host, port, ca }, method, path, body) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    if (host !== webhook.host || port !== webhook.port) headers.authorization = `Bearer ${token.trim()}`;
    const call = request({ host, port, ca, method, path, headers, timeout: 20_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => (text += part));
      response.on('end', () => {
        if (response.statusCode === 200) resolve(JSON.parse(text));
        else reject(new Error(`${method} https://${host}:${port}${path}: ${response.statusCode} ${text}`));
      });
    });
    call.on('timeout', () => call.destroy(new Error(`${host}:${port} does not answer`)));
    call.on('error', reject).end(body && JSON.stringify(body));
  });
}

/** A driver that nothing selects: no binding is ever looked at in the operator's own namespace. */
const driver = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'helm-test', namespace: NAMESPACE, labels: { 'spark-role': 'driver' } },
  spec: { containers: [{ name: 'spark-kubernetes-driver', image: 'none' }] },
};

const checks = {
  'the API server serves both kinds': async () => {
    const { resources } = await ask(apiServer, 'GET', GROUP);
    const missing = KINDS.filter((kind) => !resources.some((resource) => resource.kind === kind));
    if (missing.length > 0) throw new Error(`${missing.join(', ')} is not served: install the chart's crds/`);
  },
  'the webhook answers, with a certificate of its authority, and leaves alone what no binding selects': async () => {
    const kind = { group: '', version: 'v1', kind: 'Pod' };
    const asked = { uid: 'helm-test', operation: 'CREATE', namespace: NAMESPACE, kind, object: driver };
    const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: asked };
    const { response } = await ask(webhook, 'POST', '/mutate-pod', review);
    if (!response.allowed || response.patch !== undefined) throw new Error(JSON.stringify(response));
  },
  'the API knows who calls, asks what they may, and explains': async () => {
    const { verdict } = await ask(api, 'POST', `/api/v1/namespaces/${NAMESPACE}/explain`, { manifest: driver });
    if (verdict !== 'NotSelected') throw new Error(`the verdict is ${verdict}`);
  },
};
for (const store of (STORES ?? '').split(',').filter((name) => name !== ''))
  checks[`store ${store} is Ready`] = async () => {
    const end = Date.now() + LIMIT_MS;
    for (;;) {
      const path = `${GROUP}/namespaces/${NAMESPACE}/secretstoreconfigs/${store}`;
      const { metadata, status } = await ask(apiServer, 'GET', path);
      const ready = status?.conditions?.find(({ type }) => type === 'Ready');
      if (ready?.status === 'True' && status.observedGeneration === metadata.generation) return;
      if (Date.now() > end) throw new Error(`${ready?.reason ?? 'it has no status'}: ${ready?.message ?? ''}`);
      await sleep(500);
    }
  };

let failed = 0;
for (const [what, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`ok      ${what}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${what}\n        ${error.cause ?? error.message}`);
  }
}
process.exit(failed === 0 ? 0 : 1);
