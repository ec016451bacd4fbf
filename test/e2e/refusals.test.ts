import { expect } from 'chai';
import type { Cluster } from '../../deploy/local/cluster.ts';
import { apply } from '../../tools/spark/kube.ts';
import { ended, type Outcome } from '../../tools/spark/submit.ts';
import { canary, large } from './support/canary.ts';
import { binding, readiness, removeNamespaces, sparkNamespace, store, storeSecret } from './support/declare.ts';
import { environment } from './support/environment.ts';
import { startJob } from './support/job.ts';

const namespace = 'e2e-refused';
const elsewhere = 'e2e-elsewhere';
const word = canary();

interface Case {
  /** What is asked for, besides the selector. */
  readonly spec: object;
  readonly reason: string;
  /** What the message names, and what it says to do. */
  readonly says: readonly string[];
}

const env = (key: string): object => ({ env: [{ name: 'TOKEN', key }] });
const conf = (entry: object): object => ({ sparkConf: [{ name: 'spark.e2e.value', ...entry }] });
const manyLarge = [1, 2, 3, 4].map((number) => ({ name: `spark.e2e.large${number}`, key: `large${number}/VALUE` }));

const cases: Readonly<Record<string, Case>> = {
  'unknown-key': { spec: env('NOWHERE'), reason: 'KeyNotFound', says: ['NOWHERE', 'add'] },
  'unknown-store': {
    spec: { storeRef: { name: 'nowhere' }, ...env('TOKEN') },
    reason: 'StoreNotFound',
    says: [`${namespace}/nowhere`, 'create it'],
  },
  'no-grant': {
    spec: { storeRef: { name: 'default', namespace: elsewhere }, ...env('PRIVATE') },
    reason: 'AccessDenied',
    says: ['PRIVATE', 'spec.access'],
  },
  'broken-template': {
    spec: conf({ template: 'x=${TOKEN' }),
    reason: 'InvalidTemplate',
    says: ['spark.e2e.value', 'add "}"'],
  },
  'trimmed-value': { spec: conf({ key: 'TRIMMED' }), reason: 'InvalidValue', says: ['Spark would cut off', 'use env'] },
  'large-variable': { spec: env('LARGE'), reason: 'ValueTooLarge', says: ['TOKEN', 'sparkConf'] },
  'large-sum': { spec: { sparkConf: manyLarge }, reason: 'ValueTooLarge', says: ['spark.properties', 'two bindings'] },
};

describe('a job whose binding can not be fulfilled', function () {
  this.timeout(300_000);
  let cluster: Cluster;
  let outcomes: ReadonlyMap<string, Outcome>;

  before(async () => {
    const shared = await environment();
    cluster = shared.cluster;
    for (const name of [namespace, elsewhere]) await sparkNamespace(cluster, name);
    await declare(cluster);
    const submit = async (name: string): Promise<[string, Outcome]> => {
      const run = await startJob(cluster, { namespace, name, image: shared.sparkImage, args: [] });
      return [name, await ended(cluster, run, 120_000)];
    };
    const names = [...Object.keys(cases), 'in-conflict'];
    // Two at a time: each is a JVM, and the machine may have two cores.
    const worker = async (): Promise<[string, Outcome][]> => {
      const done: [string, Outcome][] = [];
      for (let name = names.shift(); name !== undefined; name = names.shift()) done.push(await submit(name));
      return done;
    };
    outcomes = new Map((await Promise.all([worker(), worker()])).flat());
  });
  after(() => removeNamespaces(cluster, namespace, elsewhere));

  for (const [name, { reason, says }] of Object.entries(cases)) {
    it(`${name}: the condition says ${reason} and what to do, and so does the failing spark-submit`, async () => {
      const { status, message } = await readiness(cluster, namespace, name, reason);
      expect(status).to.equal('False');
      for (const text of says) expect(message.toLowerCase()).to.include(text.toLowerCase());
      expect(message).to.not.include(word);
      const outcome = outcomes.get(name);
      expect(outcome).to.include({ succeeded: false, driverPhase: undefined });
      expect(outcome?.output).to.include(`${namespace}/${name}: ${reason}: `).and.to.not.include(word);
    });
  }

  it('two bindings that give one variable different values: spark-submit fails and names both', () => {
    const outcome = outcomes.get('in-conflict');
    expect(outcome).to.include({ succeeded: false, driverPhase: undefined });
    for (const text of ['Conflict', `${namespace}/conflict-one`, `${namespace}/conflict-two`, 'the variable TOKEN']) {
      expect(outcome?.output).to.include(text);
    }
  });
});

const refused: Readonly<Record<string, readonly [spec: object, says: string]>> = {
  'an empty selector': [
    { selector: {}, ...env('TOKEN') },
    'an empty selector would give the secrets to every Spark job',
  ],
  'a property that Spark shows in clear': [
    { selector: { applications: ['x'] }, sparkConf: [{ name: 'spark.executorEnv.TOKEN', key: 'TOKEN' }] },
    'use env for an environment variable',
  ],
  'an option of Java': [
    { selector: { applications: ['x'] }, sparkConf: [{ name: 'spark.driver.extraJavaOptions', key: 'TOKEN' }] },
    'Java options show in command lines',
  ],
  'a key that climbs out of its group': [
    { selector: { applications: ['x'] }, ...env('a/../TOKEN') },
    "can't be . or ..",
  ],
  'a file in a folder': [
    { selector: { applications: ['x'] }, files: [{ path: 'tls/keystore.jks', key: 'TOKEN' }] },
    'path is the name of one file',
  ],
};

describe('a binding that can not be right', function () {
  this.timeout(120_000);
  for (const [what, [spec, says]] of Object.entries(refused)) {
    it(`is refused when it is applied: ${what}`, async () => {
      const { cluster } = await environment();
      const message = await apply(cluster, [binding('default', 'wrong', spec)]).then(
        () => 'it was accepted',
        (error: unknown) => (error as Error).message,
      );
      expect(message).to.include(says);
    });
  }
});

async function declare(cluster: Cluster): Promise<void> {
  await apply(cluster, [
    store(namespace),
    storeSecret(namespace, { TOKEN: word, OTHER: `${word}x`, TRIMMED: ` ${word}`, LARGE: large(131_072, word) }),
    ...[1, 2, 3, 4].map((number) => storeSecret(namespace, { VALUE: large(300_000, word) }, `large${number}`)),
    store(elsewhere, 'default', { access: [{ namespaces: { matchNames: [namespace] }, keys: ['PUBLIC'] }] }),
    storeSecret(elsewhere, { PRIVATE: word }),
    binding(namespace, 'conflict-one', { selector: { applications: ['in-conflict'] }, ...env('TOKEN') }),
    binding(namespace, 'conflict-two', { selector: { applications: ['in-*'] }, ...env('OTHER') }),
  ]);
  for (const [name, { spec }] of Object.entries(cases)) {
    await apply(cluster, [binding(namespace, name, { selector: { applications: [name] }, ...spec })]);
  }
  for (const name of ['conflict-one', 'conflict-two']) await readiness(cluster, namespace, name);
  for (const [name, { reason }] of Object.entries(cases)) await readiness(cluster, namespace, name, reason);
}
