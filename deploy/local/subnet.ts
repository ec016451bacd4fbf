import { run } from './run.ts';

/** The two ends of a cluster's link: four addresses, of which the second is the host's and the third the node's. */
export interface Subnet {
  /** Counts the subnets from 0; the link's name is made of it. */
  readonly index: number;
  readonly hostAddress: string;
  readonly nodeAddress: string;
}

/** A range of addresses as numbers, both ends included. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/** Inside of every cluster; a link must not lie in them, or the node would send its traffic to itself. */
export const podRange = '10.244.0.0/16';
export const serviceRange = '10.96.0.0/16';

/** Where links are taken from, 64 of 4 addresses each; the last is for benchmarks (RFC 2544), rarely in use. */
const pools = ['10.98.0.0', '172.30.98.0', '192.168.198.0', '198.18.98.0'];
const subnetsPerPool = 64;

/** Reads `10.1.2.0/24` or `10.1.2.3`. */
export function parseRange(text: string): Range {
  const [address = '', bits = '32'] = text.split('/');
  const size = 2 ** (32 - Number(bits));
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const first = number - (number % size);
  return { first, last: first + size - 1 };
}

/** All subnets that share no address with any of the ranges, in order. */
export function freeSubnets(taken: readonly string[]): Subnet[] {
  const ranges = [...taken, podRange, serviceRange].map(parseRange);
  const all = pools.flatMap((pool, number) =>
    Array.from({ length: subnetsPerPool }, (_, i) => subnetAt(number * subnetsPerPool + i, pool, i * 4)),
  );
  return all.filter(({ hostAddress }) => {
    const { first } = parseRange(hostAddress);
    return !ranges.some((range) => range.first <= first + 2 && range.last >= first - 1);
  });
}

/** What the host's addresses and routes cover, without what leads to everywhere. */
export async function hostRanges(): Promise<string[]> {
  const routes = JSON.parse(await run('ip', ['-4', '-json', 'route', 'show', 'table', 'all'])) as { dst?: string }[];
  const links = JSON.parse(await run('ip', ['-4', '-json', 'address'])) as { addr_info?: AddressInfo[] }[];
  const addresses = links
    .flatMap((link) => link.addr_info ?? [])
    .map(({ local, prefixlen }) => `${local}/${prefixlen}`);
  return [...addresses, ...routes.map(({ dst }) => dst ?? '').filter(isSomewhere)];
}

/** Leaves out the default route, and the two halves that a VPN puts over it. */
export function isSomewhere(destination: string): boolean {
  return /^\d+\.\d+\.\d+\.\d+/.test(destination) && !/\/[01]$/.test(destination);
}

interface AddressInfo {
  readonly local: string;
  readonly prefixlen: number;
}

function subnetAt(index: number, pool: string, offset: number): Subnet {
  const [a = '', b = '', c = '', d = ''] = pool.split('.');
  const at = (host: number): string => `${a}.${b}.${c}.${Number(d) + offset + host}`;
  return { index, hostAddress: at(1), nodeAddress: at(2) };
}
