import type { ControllerOptions } from './runtime/controller.ts';
import { TerminalError } from './runtime/reconciler.ts';
import { whyUnread } from './runtime/watch-scope.ts';
import type { Logger } from './telemetry/logger.ts';
import type { Metrics } from './telemetry/metrics.ts';
import type { WatchesOptions } from './watches.ts';

/** What the log says of the watches: of each failure, but of a namespace that may not be read only when that begins and ends. */
export function watchNews(
  logger: Logger,
): Pick<WatchesOptions, 'onLost' | 'onListenerError' | 'onForbidden' | 'onReadable'> {
  return {
    onLost: (plural, err) => {
      logger.warn({ err, plural }, 'watch lost, trying again');
    },
    onListenerError: (plural, err) => {
      logger.error({ err, plural }, 'a change could not be taken in');
    },
    onForbidden: (namespace) => {
      logger.warn({ namespace }, `${whyUnread(namespace, 'unknown')}; it is tried again`);
    },
    onReadable: (namespace) => {
      logger.info({ namespace }, 'namespace can be read');
    },
  };
}

/** What log and metrics say of a controller. */
export function controllerNews(
  name: string,
  { logger, metrics }: { readonly logger: Logger; readonly metrics: Metrics },
): Pick<ControllerOptions, 'onError' | 'onDone'> {
  return {
    onError: (request, err, retry) => {
      logger.warn({ controller: name, ...request, err, retry }, 'reconcile failed');
    },
    onDone: ({ ms, error }) => {
      const failed = error instanceof TerminalError ? 'terminal' : 'error';
      metrics.reconciled(name, error === undefined ? 'success' : failed, ms);
    },
  };
}
