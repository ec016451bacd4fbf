import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { SECRET as SECRETS, type Secret } from '../../operator/api/kinds.ts';
import { API_SERVICE_PORT, apiAddress } from '../../operator/webhook/api-address.ts';
import { encodeSecret } from '../../operator/webhook/certificate-secret.ts';
import { OVERLAP_MS } from '../../operator/webhook/certificate-plan.ts';
import { only, rendered } from '../deploy/rendered-chart.ts';
import { KeeperWorld, SECRET, TARGET } from './keeper-world.ts';

const DAY = 86_400_000;

describe('the address of the API for pods', () => {
  const addressIn = ({ cluster }: KeeperWorld, target: Parameters<typeof apiAddress>[0]['target'] = TARGET) =>
    apiAddress({ target, port: () => 9443, secret: SECRET, secrets: cluster.lister(SECRETS) });

  it('is that of the operator’s Service, which has the port', async () => {
    const world = new KeeperWorld();
    await world.settle(world.certificateKeeper());
    expect(addressIn(world)()?.url).to.equal('https://svc.operator.svc:8443');
    const { ports } = only(await rendered(), 'Service').spec as { ports: { name: string; port: number }[] };
    expect(ports.find(({ name }) => name === 'api')?.port).to.equal(API_SERVICE_PORT);
  });

  for (const [url, expected] of Object.entries({
    'https://10.0.0.1:8443': 'https://10.0.0.1:9443',
    'https://[fd00::1]:8443/x': 'https://[fd00::1]:9443',
  }))
    it(`is at the host of an operator outside of the cluster, ${url}`, async () => {
      const world = new KeeperWorld();
      await world.settle(world.certificateKeeper());
      expect(addressIn(world, { kind: 'url', url })()?.url).to.equal(expected);
    });

  it('comes with every authority, also the next and the one before, in base64 of their DER', async () => {
    const world = new KeeperWorld();
    const keeper = world.certificateKeeper();
    await world.settle(keeper);
    const address = addressIn(world);
    const told = (): string[] => address()?.authorities.split(' ') ?? [];
    const [first] = told();
    expect(told()).to.have.lengthOf(1);
    world.pass(244 * DAY);
    await world.settle(keeper);
    const [, next] = told();
    expect(told()).to.deep.equal([first, next]);
    world.pass(OVERLAP_MS);
    await world.settle(keeper);
    expect(told()).to.deep.equal([next, first]);
    for (const text of told()) expect(new X509Certificate(Buffer.from(text, 'base64')).ca).to.be.true;
  });

  it('is not known without a certificate', () => {
    const world = new KeeperWorld();
    const address = addressIn(world);
    expect(address()).to.be.undefined;
    const put = (text: Record<string, string>): unknown =>
      world.cluster.put(SECRETS, { metadata: SECRET, data: encodeSecret(text) } as Secret);
    put({});
    expect(address()).to.be.undefined;
    put({ 'ca.crt': 'nonsense' });
    expect(address()).to.be.undefined;
  });
});
