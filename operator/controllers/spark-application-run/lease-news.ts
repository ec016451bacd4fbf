/** What is to be told of a run's credentials on lease, in words for an event. */
export interface LeaseNews {
  readonly reason: 'LeaseLost' | 'LeaseNotRenewed' | 'LeaseNotRevoked' | 'LeaseLeft';
  readonly message: string;
}

type StoreName = { readonly namespace: string; readonly name: string };

/** They ended while the driver runs. */
export function lost(path: string): LeaseNews {
  const message =
    `The credentials ${path} of this run are gone in the store: somebody revoked them, or their longest time is over. ` +
    `A run's Secret never changes: start the job anew to get others. For longer runs raise max_ttl of the role.`;
  return { reason: 'LeaseLost', message };
}

/** They will end unless the store answers again. */
export function notRenewed(store: StoreName, path: string, why: string): LeaseNews {
  const message = `The credentials ${path} of this run can not be renewed: SecretStoreConfig ${title(store)}: ${why}. It is tried again until they end.`;
  return { reason: 'LeaseNotRenewed', message };
}

/** The run has ended, its credentials have not. */
export function notRevoked(store: StoreName, path: string, why: string): LeaseNews {
  const message = `The credentials ${path} of this run, which has ended, can not be revoked: SecretStoreConfig ${title(store)}: ${why}. It is tried again; the run's Secret stays until then.`;
  return { reason: 'LeaseNotRevoked', message };
}

/** Nobody can revoke them any more. */
export function left(store: StoreName, path: string): LeaseNews {
  const message = `The credentials ${path} of this run, which has ended, were not revoked, because SecretStoreConfig ${title(store)} is gone. They end by themselves.`;
  return { reason: 'LeaseLeft', message };
}

function title({ namespace, name }: StoreName): string {
  return `${namespace}/${name}`;
}
