import type { SecretStoreConfig } from '../api/kinds.ts';
import type { PatchOptions } from '../injection/patch-pod.ts';
import type { KubeClient } from '../runtime/kube-client.ts';
import type { StoreDesk } from '../stores/cache.ts';
import type { AuditTrail } from './audit.ts';
import { callerRoute } from './caller-route.ts';
import type { Callers } from './callers.ts';
import { explainRoute } from './explain-route.ts';
import { keyRoutes } from './key-routes.ts';
import { overviewRoutes } from './overview-routes.ts';
import type { ApiRoute } from './route.ts';
import { selfRoute } from './self-route.ts';
import type { StoreSources, Visit } from './store-access.ts';
import { storeRoutes } from './store-routes.ts';
import type { UsageSources } from './usage.ts';
import { valueRoutes } from './value-routes.ts';

export interface ApiRoutesOptions {
  readonly callers: Callers;
  readonly client: Pick<KubeClient, 'get'>;
  readonly audit: AuditTrail;
  readonly desk: StoreDesk;
  readonly sources: StoreSources & UsageSources;
  readonly patch: PatchOptions;
  /** A key of the store was written or removed by this replica. */
  readonly onWrite: (store: SecretStoreConfig) => void;
}

/** Every operation of docs/api.md. */
export function createApiRoutes(options: ApiRoutesOptions): ApiRoute[] {
  const onWrite = ({ config }: Visit): void => {
    options.onWrite(config);
  };
  return [
    callerRoute(),
    ...storeRoutes(options),
    ...keyRoutes({ ...options, onWrite }),
    ...valueRoutes({ ...options, onWrite }),
    ...overviewRoutes(options),
    explainRoute({ ...options, views: options.sources.views }),
    selfRoute(options),
  ];
}
