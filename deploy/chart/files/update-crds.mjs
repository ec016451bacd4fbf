// Applies every file of /crds to the API server, and waits until it is served. For pods of the operator's image.
import { readFile, readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const FOLDER = process.env.CRDS ?? '/crds';
const TOKEN = process.env.TOKEN_FILE ?? '/var/run/secrets/kubernetes.io/serviceaccount/token';
const SERVER = process.env.SERVER ?? 'https://kubernetes.default.svc';
const LIMIT_MS = 60_000;

/** The API server's answer. Helm is the owner, so that a later "helm install" of its own finds no other's fields. */
async function ask(method, name, body) {
  const query = method === 'PATCH' ? '?fieldManager=helm&force=true' : '';
  const response = await fetch(`${SERVER}/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}${query}`, {
    method,
    body,
    headers: {
      authorization: `Bearer ${(await readFile(TOKEN, 'utf8')).trim()}`,
      'content-type': 'application/apply-patch+yaml',
    },
    signal: AbortSignal.timeout(30_000),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${name}: ${answer.message ?? response.status}`);
  return answer;
}

const holds = ({ status }, type) => status?.conditions?.some((one) => one.type === type && one.status === 'True');

// The names of a mounted ConfigMap's own links begin with two dots.
for (const name of (await readdir(FOLDER)).filter((file) => !file.startsWith('.'))) {
  let present = await ask('PATCH', name, await readFile(`${FOLDER}/${name}`, 'utf8'));
  const end = Date.now() + LIMIT_MS;
  while (!holds(present, 'Established')) {
    if (Date.now() > end) throw new Error(`${name} is not served: kubectl describe crd ${name} says why`);
    await sleep(200);
    present = await ask('GET', name);
  }
  console.log(`${name} is up to date`);
}
