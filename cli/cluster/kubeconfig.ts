import { KubeConfig } from '@kubernetes/client-node';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join, sep } from 'node:path';

/**
 * A kubeconfig as kubectl reads it: `file`, else the files of KUBECONFIG, else what is usual. Of several files the first one
 * that has a cluster, user or context of a name counts, and the first one that sets the current context; those that are not
 * there are left out. Throws whatever reading throws, also when none of them is there.
 */
export function readKubeconfig(file: string | undefined, variable: string | undefined): KubeConfig {
  const named = file === undefined ? (variable ?? '').split(delimiter).filter((path) => path !== '') : [file];
  const config = new KubeConfig();
  if (named.length === 0) {
    config.loadFromDefault();
    return config;
  }
  const present = named.filter(existsSync);
  const all = (present.length === 0 ? named : present).map(readOne);
  config.loadFromOptions({
    clusters: firsts(all.flatMap(({ clusters }) => clusters)),
    users: firsts(all.flatMap(({ users }) => users)),
    contexts: firsts(all.flatMap(({ contexts }) => contexts)),
    currentContext: all.map((each) => each.currentContext).find(Boolean),
  });
  return config;
}

/** Its relative paths are from where it is. */
function readOne(file: string): KubeConfig {
  const config = new KubeConfig();
  const content = readFileSync(file, 'utf8');
  config.loadFromString(content.trim() === '' ? '{}' : content);
  const folder = dirname(file);
  config.makePathsAbsolute(folder);
  for (const { exec } of config.users as readonly { readonly exec?: { command?: unknown } | null }[]) {
    const command = exec?.command;
    // A name alone is looked for on the PATH.
    if (exec && typeof command === 'string' && command.includes(sep) && !isAbsolute(command))
      exec.command = join(folder, command);
  }
  return config;
}

function firsts<T extends { readonly name: string }>(all: readonly T[]): T[] {
  return all.filter(({ name }, at) => all.findIndex((other) => other.name === name) === at);
}
