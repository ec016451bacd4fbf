import { expect } from 'chai';
import type { LookupAddress } from 'node:dns';
import { guardedLookup, isRefusedAddress } from '../../../operator/stores/addresses.ts';
import { OperatorError } from '../../../operator/errors.ts';
import { vaultStore, withToken } from './stores.ts';

describe('the endpoint of a vault store', () => {
  const refused = [
    'http://169.254.169.254',
    'http://169.254.1.1:8200',
    'http://0xa9fea9fe',
    'http://2852039166',
    'http://0251.0376.0251.0376',
    'https://[fe80::1]',
    'https://[fd00:ec2::254]',
    'https://[::ffff:169.254.169.254]',
    'https://[64:ff9b::169.254.169.254]',
    'http://100.100.100.200',
  ];
  for (const endpoint of refused) {
    it(`is not ${endpoint}, where clouds keep credentials`, () => {
      expect(() => vaultStore({ endpoint }, withToken('hunter2')))
        .to.throw(OperatorError, 'metadata address')
        .with.property('code', 'StoreUnreachable');
    });
  }

  it('may be anywhere else', () => {
    for (const address of ['127.0.0.1', '10.1.2.3', '169.253.0.1', '::1', 'fd00::1', '2001:db8::1', 'no address'])
      expect(isRefusedAddress(address), address).to.be.false;
  });

  it('holds no password', () => {
    expect(() => vaultStore({ endpoint: 'https://root:hunter2@bao.test' }, withToken('x')))
      .to.throw(OperatorError, 'take it out')
      .with.property('message')
      .that.does.not.include('hunter2');
  });

  it('may be a name of this machine, asked for one address or all', async () => {
    const all = await new Promise((resolve) => {
      guardedLookup('localhost', { all: true }, (_error, addresses) => {
        resolve(addresses);
      });
    });
    expect((all as LookupAddress[]).length).to.be.greaterThan(0);
    const one = await new Promise((resolve) => {
      guardedLookup('localhost', { family: 4 }, (_error, address) => {
        resolve(address);
      });
    });
    expect(one).to.equal('127.0.0.1');
  });

  it('is refused when its name leads to such an address', async () => {
    // getaddrinfo reads addresses too, as it reads names.
    const code = await new Promise((resolve) => {
      guardedLookup('169.254.169.254', { all: true }, (error) => {
        resolve(error?.code);
      });
    });
    expect(code).to.equal('REFUSED_ADDRESS');
  });
});
