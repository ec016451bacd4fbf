import { expect } from 'chai';
import { POD, SPARK_JOB_SECRET_BINDING } from '../../../operator/api/kinds.ts';
import { missedIn, MissedInjectionReconciler } from '../../../operator/controllers/missed-injection/reconciler.ts';
import { ApiError } from '../../../operator/runtime/api-error.ts';
import { EVENT, EventRecorder } from '../../../operator/runtime/events.ts';
import type { KubeObject } from '../../../operator/runtime/kube-object.ts';
import { FakeCluster } from '../../doubles/fake-cluster.ts';
import { binding } from '../../support/objects.ts';

const NAMESPACE = 'analytics';
const DAY = '2026-01-01T';
const { signal } = new AbortController();

/** An event as far as these tests look into it. */
interface Event extends KubeObject {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly involvedObject: { readonly kind: string; readonly name: string; readonly namespace: string };
}

describe('missed injections', () => {
  let cluster: FakeCluster;
  let reconciler: MissedInjectionReconciler;
  let coverage: string;
  let missed: number;
  /** Bindings that were read past the informer. */
  let reads: string[];

  /** As another process that takes over. */
  function startOperator(): void {
    const client = {
      get: (...[kind, namespace, name]: Parameters<FakeCluster['get']>) => {
        reads.push(name);
        return cluster.get(kind, namespace, name);
      },
    } as Pick<FakeCluster, 'get'>;
    const pods = cluster.lister(POD);
    const list = (role: boolean) => (namespace?: string) =>
      pods.list(namespace).filter(({ metadata }) => metadata.labels?.['spark-role'] === (role ? 'driver' : undefined));
    reconciler = new MissedInjectionReconciler({
      client,
      events: new EventRecorder({ client: cluster, component: 'operator', instance: 'operator-0' }),
      sources: {
        bindings: cluster.lister(SPARK_JOB_SECRET_BINDING),
        bareDrivers: { list: list(true) },
        bareOptedIn: { list: list(false) },
        coverage: { covers: () => coverage },
      },
      onMissed: () => (missed += 1),
    });
  }

  const bind = (name: string, metadata: object = {}, spec: Parameters<typeof binding>[0] = {}): KubeObject =>
    cluster.put(
      SPARK_JOB_SECRET_BINDING,
      binding(spec, { name, uid: undefined, creationTimestamp: `${DAY}10:00:00Z`, ...metadata }),
    );
  const drive = (name: string, metadata: object = {}): KubeObject =>
    cluster.put(POD, {
      metadata: {
        name,
        namespace: NAMESPACE,
        creationTimestamp: `${DAY}12:00:00Z`,
        labels: { 'spark-role': 'driver', 'spark-app-name': 'orders' },
        ...metadata,
      },
    });
  const look = (): Promise<unknown> => reconciler.reconcile(missedIn(NAMESPACE), signal);
  const events = (): readonly Event[] => cluster.lister(EVENT).list() as readonly Event[];
  const subjects = (): string[] =>
    events()
      .map(({ involvedObject: { kind, name } }) => `${kind} ${name}`)
      .sort();

  beforeEach(() => {
    cluster = new FakeCluster();
    [coverage, missed, reads] = ['covered', 0, []];
    startOperator();
  });

  it('are told on the pod and on each binding that selects it', async () => {
    bind('orders');
    bind('payments', {}, { selector: { matchLabels: { 'spark-role': 'driver' } } });
    bind('others', {}, { selector: { applications: ['others'] } });
    drive('orders-driver');
    await look();
    expect(subjects()).to.deep.equal([
      'Pod orders-driver',
      'SparkJobSecretBinding orders',
      'SparkJobSecretBinding payments',
    ]);
    for (const event of events()) expect(event).to.include({ type: 'Warning', reason: 'SecretsNotInjected' });
    const told = (kind: string): string => events().find(({ involvedObject }) => involvedObject.kind === kind)!.message;
    expect(told('Pod')).to.match(
      /^This pod was created without the secrets of SparkJobSecretBinding orders, payments: /,
    );
    expect(told('Pod')).to.match(/the operator's webhook was not called .* create it again\.$/);
    expect(told('SparkJobSecretBinding')).to.match(
      /^Pod orders-driver was created without the secrets of this binding: /,
    );
    expect(missed).to.equal(1);
  });

  it('of pods that opted in by label are told as well', async () => {
    bind('notebooks', {}, { selector: { matchLabels: { team: 'science' } } });
    drive('notebook', { labels: { 'secrets.iomete.com/inject': 'true', team: 'science' } });
    await look();
    expect(subjects()).to.deep.equal(['Pod notebook', 'SparkJobSecretBinding notebooks']);
  });

  it('are told once, however often the pod changes', async () => {
    bind('orders');
    drive('orders-driver');
    await look();
    drive('orders-driver', { annotations: { looked: 'at' } });
    await look();
    await look();
    expect(cluster.writes.length).to.equal(2);
  });

  it('are told once by two operators, one after the other', async () => {
    bind('orders');
    drive('orders-driver');
    await look();
    startOperator();
    await look();
    expect(events().length).to.equal(2);
    expect(missed, 'counted once').to.equal(1);
  });

  it('are told in full by the next operator when one ended in between', async () => {
    bind('orders');
    drive('orders-driver');
    const create = cluster.create.bind(cluster);
    cluster.create = (kind, object) =>
      (object as unknown as Event).involvedObject.kind === 'Pod'
        ? create(kind, object)
        : Promise.reject(new ApiError('gone', { code: 0, reason: 'Unreachable' }));
    await look().catch(() => undefined);
    expect(subjects()).to.deep.equal(['Pod orders-driver']);
    cluster.create = create;
    startOperator();
    await look();
    expect(subjects()).to.deep.equal(['Pod orders-driver', 'SparkJobSecretBinding orders']);
  });

  it('are tried again when the API server does not take the event', async () => {
    bind('orders');
    drive('orders-driver');
    cluster.meanwhile = () => {
      throw new ApiError('busy', { code: 503, reason: 'ServiceUnavailable' });
    };
    expect(await look().catch((error: unknown) => error)).to.be.instanceOf(ApiError);
    await look();
    expect(events().length).to.equal(2);
  });

  it('of the next pod of the same name are told anew', async () => {
    bind('orders');
    drive('orders-driver');
    await look();
    cluster.remove(POD, NAMESPACE, 'orders-driver');
    await look();
    drive('orders-driver');
    await look();
    expect(missed).to.equal(2);
    expect(events().length).to.equal(4);
  });

  describe('are none, and cost no write,', () => {
    const quiet: Record<string, () => void> = {
      'where no binding selects the pod': () => {
        bind('others', {}, { selector: { applications: ['others'] } });
        drive('orders-driver');
      },
      'when the binding came after the pod': () => {
        bind('orders', { creationTimestamp: `${DAY}12:00:01Z` });
        drive('orders-driver');
      },
      'when both came in the same second': () => {
        bind('orders', { creationTimestamp: `${DAY}12:00:00Z` });
        drive('orders-driver');
      },
      'when the binding is about to go': () => {
        bind('orders', { deletionTimestamp: `${DAY}11:00:00Z` });
        drive('orders-driver');
      },
      'when the pod is about to go': () => {
        bind('orders');
        drive('orders-driver', { deletionTimestamp: `${DAY}12:00:01Z` });
      },
      'in a namespace that the webhook never covers': () => {
        coverage = 'excluded';
        bind('orders');
        drive('orders-driver');
      },
      'when the binding is of another namespace': () => {
        bind('orders', { namespace: 'apart' });
        drive('orders-driver');
      },
    };
    for (const [when, given] of Object.entries(quiet)) {
      it(when, async () => {
        given();
        await look();
        expect(cluster.writes).to.deep.equal([]);
        expect(reads, 'no request at all').to.deep.equal([]);
      });
    }

    it('when the spec of the binding was changed after the pod came', async () => {
      const changed = { fieldsV1: { 'f:spec': {} }, time: `${DAY}12:30:00Z` };
      bind('orders', { managedFields: [changed] });
      drive('orders-driver');
      await look();
      await look();
      expect(cluster.writes).to.deep.equal([]);
      expect(reads, 'read once for a pod that stays as it is').to.deep.equal(['orders']);
    });

    it('when the binding was made anew meanwhile', async () => {
      bind('orders');
      drive('orders-driver');
      cluster.lag();
      cluster.remove(SPARK_JOB_SECRET_BINDING, NAMESPACE, 'orders');
      bind('orders');
      await look();
      expect(cluster.writes).to.deep.equal([]);
    });
  });
});
