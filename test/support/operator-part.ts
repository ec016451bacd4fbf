import { readConfig } from '../../operator/config.ts';
import type { Controllers } from '../../operator/compose-controllers.ts';
import { SparkSecretsOperator } from '../../operator/operator.ts';
import { Controller } from '../../operator/runtime/controller.ts';
import type { KubeConnection } from '../../operator/runtime/kube-connection.ts';
import { OwnWrites } from '../../operator/runtime/own-writes.ts';
import type { Reconciler } from '../../operator/runtime/reconciler.ts';
import { watchedKinds, type Beside } from '../../operator/watched-kinds.ts';
import { createWatches, type Watches } from '../../operator/watches.ts';

/** One controller of the operator with the watches of all of it, on a real API server; the others only look. */
export interface OperatorPart {
  readonly watches: Watches;
  stop(): Promise<void>;
}

export interface OperatorPartOptions {
  readonly connection: KubeConnection;
  readonly namespace: string;
  /** Besides its own; left out: all. */
  readonly watchNamespaces?: readonly string[];
  readonly name: keyof Controllers;
  readonly reconciler: (watches: Watches) => Reconciler;
  /** Left out: nothing is the operator's own write. */
  readonly ownWrites?: Beside['ownWrites'];
  /** Whatever goes wrong. */
  readonly onError: (error: unknown) => void;
}

/** Starts it as the leader; resolves when all is listed. */
export async function startOperatorPart(options: OperatorPartOptions): Promise<OperatorPart> {
  const { connection, namespace, watchNamespaces = [], name, onError } = options;
  const WATCH_NAMESPACES = watchNamespaces.join();
  const config = readConfig({ POD_NAMESPACE: namespace, POD_NAME: 'test', WATCH_NAMESPACES });
  const watches = createWatches({
    ...config,
    connection,
    onLost: (_plural, error) => {
      onError(error);
    },
  });
  const idle: Reconciler = { reconcile: () => Promise.resolve(undefined) };
  const controller = (each: keyof Controllers): Controller =>
    new Controller({
      name: each,
      reconciler: each === name ? options.reconciler(watches) : idle,
      onError: (_request, error) => {
        onError(error);
      },
    });
  const controllers: Controllers = {
    bindings: controller('bindings'),
    runs: controller('runs'),
    restarts: controller('restarts'),
    missed: controller('missed'),
    stores: controller('stores'),
    coverage: controller('coverage'),
    certificates: controller('certificates'),
    authorities: controller('authorities'),
  };
  const quiet = (): void => undefined;
  const beside = { cache: { refresh: () => Promise.resolve() }, ownWrites: options.ownWrites ?? new OwnWrites() };
  const logger = { debug: quiet, info: quiet, warn: quiet, error: onError };
  const operator = new SparkSecretsOperator(watchedKinds(watches, controllers, config, beside), logger);
  await operator.start();
  controllers[name].start();
  return {
    watches,
    stop: async () => {
      await controllers[name].stop();
      await operator.shutdown();
    },
  };
}
