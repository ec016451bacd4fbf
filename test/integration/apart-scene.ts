import type { KubeObject } from '../../tools/spark/kube.ts';
import type { Cluster } from '../support/test-cluster.ts';
import { sparkPod } from './api-scene.ts';

export const WITH_SECRETS = 'with secrets';

/** Asks for one driver after the other in a namespace, without making any, until it is stopped. */
export class ManyDrivers {
  readonly #cluster: Cluster;
  readonly #pod: string;
  readonly #answers: string[] = [];
  readonly #asking: Promise<void>;
  #isOver = false;

  constructor(cluster: Cluster, namespace: string, application: string) {
    this.#cluster = cluster;
    this.#pod = JSON.stringify(
      sparkPod(namespace, 'driver', { 'spark-role': 'driver', 'spark-app-name': application }),
    );
    this.#asking = this.#ask();
  }

  /** All answers, in their order: of a driver that was refused, why. */
  async stop(): Promise<readonly string[]> {
    this.#isOver = true;
    await this.#asking;
    return this.#answers;
  }

  async #ask(): Promise<void> {
    while (!this.#isOver) this.#answers.push(await this.#admitted());
  }

  async #admitted(): Promise<string> {
    try {
      const args = ['create', '--dry-run=server', '--output=json', '--filename=-'];
      const { metadata } = JSON.parse(await this.#cluster.kubectl(args, { input: this.#pod })) as KubeObject;
      return metadata.labels?.['secrets.iomete.com/injected'] === 'true' ? WITH_SECRETS : 'without secrets';
    } catch (error) {
      return String(error);
    }
  }
}

/** A verb on a resource, as in a SubjectAccessReview. */
export interface Right {
  readonly verb: string;
  readonly group?: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** Which of the rights ServiceAccounts of a namespace have, by what the API server says: of each right those that have it. */
export async function holdersOf(
  cluster: Cluster,
  accounts: readonly { readonly namespace: string; readonly name: string }[],
  rights: Readonly<Record<string, Right>>,
): Promise<Record<string, string[]>> {
  const questions = Object.entries(rights).flatMap(([what, right]) =>
    accounts.map((account) => ({ what, right, account })),
  );
  const items = questions.map(({ right, account: { namespace, name } }) => ({
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user: `system:serviceaccount:${namespace}:${name}`, resourceAttributes: right },
  }));
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  const path = '--output=jsonpath={.status.allowed}{"\\n"}';
  const answers = (await cluster.kubectl(['create', '--filename=-', path], { input })).trim().split('\n');
  const holders: Record<string, string[]> = {};
  for (const [index, { what, account }] of questions.entries()) {
    holders[what] ??= [];
    if (answers[index] === 'true') holders[what].push(account.name);
  }
  return holders;
}
