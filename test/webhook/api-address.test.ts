import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { API_SERVICE_PORT, apiAddress } from '../../operator/webhook/api-address.ts';
import { CERTIFICATE_TIMES } from '../../operator/webhook/certificate-times.ts';
import { ServedCertificate } from '../../operator/webhook/served-certificate.ts';
import type { WebhookTarget } from '../../operator/webhook/serving-names.ts';
import { only, rendered } from '../deploy/rendered-chart.ts';
import { KeeperWorld, TARGET } from './keeper-world.ts';

const DAY = 86_400_000;

describe('the address of the API for pods', () => {
  /** In a replica where the ConfigMap says nothing. */
  function addressIn(world: KeeperWorld, target: WebhookTarget = TARGET): ReturnType<typeof apiAddress> {
    const none: string[] = [];
    const { logger } = world;
    const serve = (): void => undefined;
    const served = new ServedCertificate({ view: world.view(), trusted: () => none, serve, logger });
    return apiAddress({ target, port: () => 9443, authorities: () => served.authorities });
  }

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
    world.pass(CERTIFICATE_TIMES.overlapMs);
    await world.settle(keeper);
    expect(told()).to.deep.equal([next, first]);
    for (const text of told()) expect(new X509Certificate(Buffer.from(text, 'base64')).ca).to.be.true;
  });

  it('is not known without a certificate', () => {
    expect(addressIn(new KeeperWorld())()).to.be.undefined;
  });
});
