import { lookup, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Where clouds serve their machines' credentials, and all link-local addresses. */
const REFUSED = new BlockList();
REFUSED.addSubnet('169.254.0.0', 16, 'ipv4');
REFUSED.addSubnet('fe80::', 10, 'ipv6');
REFUSED.addAddress('fd00:ec2::254', 'ipv6');
REFUSED.addAddress('fd20:ce::254', 'ipv6');
REFUSED.addAddress('100.100.100.200', 'ipv4');
REFUSED.addAddress('168.63.129.16', 'ipv4');
REFUSED.addAddress('192.0.0.192', 'ipv4');
// The same behind NAT64: 64:ff9b:: and an IPv4 address.
REFUSED.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');

/** The code of the error that a refused address gives. */
export const REFUSED_ADDRESS = 'REFUSED_ADDRESS';

/** Whether an IP address is none that a store may be at. IPv4 addresses in IPv6 form are recognized. */
export function isRefusedAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && REFUSED.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** As `dns.lookup`, but fails when any of a name's addresses is refused: a name must not lead where an address may not. */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) {
      callback(error, '', 0);
      return;
    }
    const first = addresses[0];
    if (first === undefined || addresses.some(({ address }) => isRefusedAddress(address)))
      callback(Object.assign(new Error('refused'), { code: REFUSED_ADDRESS }), '', 0);
    else if (options.all) callback(null, addresses satisfies LookupAddress[]);
    else callback(null, first.address, first.family);
  });
};
