import { networkInterfaces } from 'node:os';

/** What a server listens on to be reached by all addresses, IPv4 included; a kernel without IPv6 refuses `::`. */
export function anyAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.some(({ family }) => family === 'IPv6') ? '::' : '0.0.0.0';
}
