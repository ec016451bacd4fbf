import type { SecretGroup } from './secret-key.ts';

const DNS_LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

/** What to say of a group that a store of type kubernetes can't have. */
export const KUBERNETES_GROUP_RULE = 'groups in a store of type kubernetes are lower-case letters, digits and dashes';

/** Whether a store of type kubernetes can have a group: a Secret is called after it, so its segments are DNS labels. */
export function isKubernetesGroup(group: SecretGroup): boolean {
  return group === '' || group.split('/').every((segment) => DNS_LABEL.test(segment));
}
