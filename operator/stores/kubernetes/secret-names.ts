import { isKubernetesGroup, KUBERNETES_GROUP_RULE } from '../../api/kubernetes-group.ts';
import { groupOf, keyIn, nameOf, type SecretGroup, type SecretKey } from '../../api/secret-key.ts';
import { OperatorError } from '../../errors.ts';
import type { StoredSecret } from './secret-access.ts';

const MAX_NAME = 253;
/** What Kubernetes takes as a key of a Secret's data, beyond what a segment of ours may be. */
const MAX_DATA_KEY = 253;

/** Which Secret holds which group: `SECRETNAME` the root, `SECRETNAME.a.b` the group `a/b`. */
export class SecretNames {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** Name of the Secret that holds a group, or undefined when no Secret can. */
  ofGroup(group: SecretGroup): string | undefined {
    if (group === '') return this.root;
    const name = [this.root, ...group.split('/')].join('.');
    return name.length <= MAX_NAME && isKubernetesGroup(group) ? name : undefined;
  }

  /** As `ofGroup`, for a write. Throws InvalidKey. */
  forWriting(key: SecretKey): string {
    const name = this.ofGroup(groupOf(key));
    if (name === undefined || nameOf(key).length > MAX_DATA_KEY || nameOf(key).startsWith('..'))
      throw new OperatorError('InvalidKey', `${key}; ${KUBERNETES_GROUP_RULE}, and no key there starts with two dots`);
    return name;
  }

  /** The group that a Secret of that name holds, or undefined when it is none of the store's. */
  groupOf(name: string): SecretGroup | undefined {
    if (name === this.root) return '' as SecretGroup;
    if (!name.startsWith(`${this.root}.`)) return undefined;
    const group = name.slice(this.root.length + 1).replaceAll('.', '/') as SecretGroup;
    return this.ofGroup(group) === name ? group : undefined;
  }

  /** The keys that a Secret holds. Names that are no key of ours (`..foo`) can't exist here: Kubernetes forbids them. */
  keysOf(secret: StoredSecret | undefined): SecretKey[] {
    if (secret === undefined) return [];
    const group = this.groupOf(secret.name);
    if (group === undefined) return [];
    return [...secret.values.keys()].flatMap((name) => keyIn(group, name) ?? []);
  }
}
