import { hostRanges, freeSubnets, type Subnet } from './subnet.ts';
import { run, succeeds } from './run.ts';

/**
 * Joins the host and a cluster's network namespace by a pair of links in a subnet that nothing on the host uses. The
 * link's name is made of the subnet's number, so that the kernel decides between two that want the same.
 */
export async function createLink(pid: number, state: string): Promise<Subnet> {
  for (const subnet of freeSubnets(await hostRanges())) {
    const name = linkName(subnet.index);
    const pair = ['link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid)];
    if (!(await succeeds('ip', pair))) {
      if (await succeeds('ip', ['link', 'show', name])) continue;
      await run('ip', pair);
    }
    await run('ip', ['link', 'set', name, 'alias', state]);
    await run('ip', ['address', 'add', `${subnet.hostAddress}/30`, 'dev', name]);
    await run('ip', ['link', 'set', name, 'up']);
    return subnet;
  }
  throw new Error('no free subnet for the cluster: end other local clusters (npm run cluster -- down --name NAME)');
}

/** The host's links of a cluster; they go by themselves with the namespaces. */
export async function findLinks(state: string): Promise<string[]> {
  const links = JSON.parse(await run('ip', ['-json', 'link'])) as { ifname: string; ifalias?: string }[];
  return links.filter(({ ifalias }) => ifalias === state).map(({ ifname }) => ifname);
}

/** Removes the links that are left. */
export async function removeLinks(state: string): Promise<void> {
  for (const name of await findLinks(state)) await succeeds('ip', ['link', 'delete', name]);
}

function linkName(index: number): string {
  return `sparksec${index}`;
}
