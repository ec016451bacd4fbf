import type { Got } from '../../cluster/kube-api.ts';
import { APP_LABEL, APP_NAME } from '../../cluster/operator-place.ts';
import { area, isKnown, type Finding } from '../finding.ts';
import type { Installation, Lease } from '../installation.ts';
import { known } from '../looked.ts';

const { ok, warning, problem, unknown } = area('leader');

/** Seconds; what the operator asks for, where the lease does not say. */
const LEASE_SECONDS = 15;

/** Whether one of the pods leads: without a leader nothing changes any more. */
export function checkLeader({ lease, pods, namespace }: Installation): Finding[] {
  if (!isKnown(lease)) return [unknown(lease)];
  const restart = `kubectl -n ${namespace} logs -l ${APP_LABEL}=${APP_NAME} says why; a restart of the pods helps.`;
  const holder = holderOf(lease.value);
  if (lease.value === undefined || holder === '')
    return [problem('nobody leads: bindings and stores are not looked at', restart)];
  const { seconds, isLate } = ageOf(lease.value);
  if (isLate) return [problem(`${holder} leads, but has not said so for ${seconds} s: nothing is looked at`, restart)];
  const names = known(pods)?.map(({ metadata }) => metadata.name);
  if (names?.includes(holder) !== false) return [ok(`${holder} leads, and said so ${seconds} s ago`)];
  const next = 'See whether another operator takes part with the same lease.';
  return [warning(`${holder} leads, which is no pod of the operator here`, next)];
}

function holderOf(lease: Got<Lease> | undefined): string {
  return lease?.object.spec?.holderIdentity ?? '';
}

/** Both times are of the cluster: the lease's from the node of the leader, the other from the API server. */
function ageOf({ object, at }: Got<Lease>): { readonly seconds: number; readonly isLate: boolean } {
  const { renewTime = '', leaseDurationSeconds = LEASE_SECONDS } = object.spec ?? {};
  const seconds = Math.max(0, Math.round((at.getTime() - Date.parse(renewTime)) / 1000));
  return { seconds, isLate: !(seconds <= 2 * leaseDurationSeconds) };
}
