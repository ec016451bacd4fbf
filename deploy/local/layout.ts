import { existsSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Subnet } from './subnet.ts';

/** Where a local cluster keeps what, and what its parts are told. */
export interface Layout {
  readonly name: string;
  /** The folder of all its state, which goes with it. */
  readonly state: string;
  readonly cgroup: string;
  readonly kubeconfig: string;
  readonly subnet: Subnet;
  /** For the clients inside: where containerd listens. */
  readonly socket: string;
}

/** @throws Error when a name is not short, lower-case and plain: it becomes part of paths. */
export function checkName(name: string): string {
  if (/^[a-z][a-z0-9-]{0,30}$/.test(name)) return name;
  throw new Error(`"${name}" cannot be a cluster's name: use a letter, then at most 30 of a-z, 0-9 and -`);
}

/** The state folder of a name; it need not exist. */
export function stateFolder(name: string): string {
  return join(visible(tmpdir(), 'TMPDIR'), `spark-secrets-cluster-${checkName(name)}`);
}

/** The file that processes lock to take turns at a cluster; empty, beside the state, and gone with it. */
export function clusterLock(name: string): string {
  return `${stateFolder(name)}.lock`;
}

/** Folders of the host that a cluster's processes see their own version of. */
const hiddenFolders: readonly string[] = ['/run', '/var/lib', '/var/log'];

/**
 * Gives a folder back when a cluster's processes see it.
 * @param variable what its path comes from.
 * @throws Error that says to set the variable.
 */
export function visible(folder: string, variable: string): string {
  const real = realPath(folder);
  const hidden = hiddenFolders.find((one) => `${real}/`.startsWith(`${realPath(one)}/`));
  if (hidden === undefined) return folder;
  throw new Error(`${folder}: set ${variable} to a folder outside of ${hidden}, which the cluster replaces`);
}

/** Where a path leads; of one that is not there yet, where it will lie. */
function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  return dirname(path) === path ? path : join(realPath(dirname(path)), basename(path));
}

/** The cgroup of a name. */
export function cgroupName(name: string): string {
  return `spark-secrets-cluster-${checkName(name)}`;
}

/** The layout of a cluster in a subnet. */
export function layoutOf(name: string, subnet: Subnet): Layout {
  const state = stateFolder(name);
  return {
    name,
    state,
    cgroup: cgroupName(name),
    kubeconfig: join(state, 'admin.kubeconfig'),
    subnet,
    socket: '/run/containerd/containerd.sock',
  };
}
