import { expect } from 'chai';

import { helm } from '../../deploy/manifests/helm.ts';
import { servingNames } from '../../operator/webhook/serving-names.ts';
import { certManagerDefinition } from '../servers/cert-manager/definitions.ts';
import { expectValidBy, type Manifest as AnyManifest } from '../support/crd-schema.ts';
import { chart, container, kindsOf, manifests, only, rendered, type Manifest } from './rendered-chart.ts';

const NAME = 'try-spark-secrets-operator';
const ON = { 'certificates.certManager.enabled': true };
const ISSUER = { name: 'company', kind: 'ClusterIssuer', group: 'cert-manager.io' };
const NAMED = { ...ON, 'certificates.certManager.issuerRef': ISSUER };

interface Certificate {
  readonly secretName: string;
  readonly dnsNames?: readonly string[];
  readonly issuerRef: object;
  readonly isCA?: boolean;
  readonly commonName?: string;
  readonly [field: string]: unknown;
}

describe('the certificate of the chart', function () {
  this.timeout(300_000); // cert-manager's definitions may have to be fetched first

  function certificate(objects: readonly Manifest[], name: string): Certificate {
    const found = objects.find(({ kind, metadata }) => kind === 'Certificate' && metadata.name === name);
    return found?.spec as Certificate;
  }

  async function variables(values: Readonly<Record<string, unknown>> = {}): Promise<ReadonlyMap<string, unknown>> {
    return new Map(container(await rendered(values)).env.map(({ name, value }) => [name, value]));
  }

  it('is the operator’s own by default: the chart has an empty Secret and nothing of cert-manager', async () => {
    const objects = await rendered();
    expect(kindsOf(objects)).not.to.include('Certificate').and.not.include('Issuer');
    expect(only(objects, 'Secret').metadata.name).to.equal(`${NAME}-certificate`);
    expect((await variables()).has('CERTIFICATE_SOURCE')).to.equal(false);
  });

  for (const [how, values] of Object.entries({ 'by default': {}, 'with cert-manager': ON }))
    it(`is told to clients in a ConfigMap that the operator fills, ${how}`, async () => {
      const { metadata, ...content } = only(await rendered(values), 'ConfigMap');
      expect(content).to.deep.equal({ apiVersion: 'v1', kind: 'ConfigMap' });
      expect(metadata.name).to.equal(`${NAME}-ca`);
      expect((await variables(values)).get('CA_CONFIG_MAP')).to.equal(`${NAME}-ca`);
    });

  it('of cert-manager is for the names by which the operator is called', async () => {
    for (const clusterDomain of ['cluster.local', '']) {
      const objects = await rendered({ ...ON, clusterDomain });
      const { dnsNames, commonName } = certificate(objects, NAME);
      const service = only(objects, 'Service').metadata;
      const target = {
        kind: 'service',
        namespace: 'apart',
        name: service.name,
        clusterDomain: 'cluster.local',
      } as const;
      expect(dnsNames).to.deep.equal(servingNames(target));
      expect(commonName).to.equal(dnsNames?.[0]);
    }
    const long = await rendered({ ...ON, fullnameOverride: 'a'.repeat(50), clusterDomain: 'example.org' });
    expect(certificate(long, 'a'.repeat(50)).dnsNames).to.include(`${'a'.repeat(50)}.apart.svc.example.org`);
  });

  it('of cert-manager has no common name where that would be longer than 64 characters', async () => {
    const [long, on] = [`--namespace=${'n'.repeat(60)}`, '--set=certificates.certManager.enabled=true'];
    const { commonName, dnsNames } = certificate(manifests(await helm('template', 'try', chart, long, on)), NAME);
    expect(dnsNames).to.have.length(3);
    expect(commonName).to.equal(undefined);
  });

  it('of cert-manager is in a Secret that the chart does not make, and the operator only reads', async () => {
    const objects = await rendered(ON);
    const { secretName } = certificate(objects, NAME);
    const told = await variables(ON);
    expect([told.get('CERTIFICATE_SECRET'), told.get('CERTIFICATE_SOURCE')]).to.deep.equal([
      secretName,
      'cert-manager',
    ]);
    expect(objects.filter(({ kind }) => kind === 'Secret').map(({ metadata }) => metadata.name)).to.deep.equal([]);
    const role = objects.find(({ kind, metadata }) => kind === 'Role' && metadata.name === NAME);
    const onSecrets = role?.rules?.filter(({ resources }) => resources.includes('secrets'));
    expect(onSecrets).to.deep.equal([
      { apiGroups: [''], resources: ['secrets'], resourceNames: [secretName], verbs: ['list', 'watch'] },
    ]);
  });

  it('of cert-manager comes from an authority of the release, which lasts and keeps its key', async () => {
    const objects = await rendered(ON);
    const [of, authority] = [certificate(objects, NAME), certificate(objects, `${NAME}-authority`)];
    expect(of.issuerRef).to.include({ name: `${NAME}-authority`, kind: 'Issuer' });
    expect(authority).to.include({ isCA: true, duration: '87600h' });
    expect(authority).to.have.nested.property('privateKey.rotationPolicy', 'Never');
    const issuers = new Map(
      objects.filter(({ kind }) => kind === 'Issuer').map(({ metadata, spec }) => [metadata.name, spec]),
    );
    expect([...issuers]).to.deep.equal([
      [`${NAME}-self-signed`, { selfSigned: {} }],
      [`${NAME}-authority`, { ca: { secretName: authority.secretName } }],
    ]);
  });

  it('of cert-manager comes from the issuer that is named, and the chart makes none', async () => {
    const objects = await rendered({
      ...NAMED,
      'certificates.certManager.duration': '24h',
      'certificates.certManager.renewBefore': '8h',
    });
    expect(kindsOf(objects)).not.to.include('Issuer');
    expect(only(objects, 'Certificate').spec).to.deep.include({
      issuerRef: ISSUER,
      duration: '24h',
      renewBefore: '8h',
    });
  });

  for (const [how, values] of Object.entries({ 'an authority of its own': ON, 'an issuer that is named': NAMED }))
    it(`with ${how} is as cert-manager’s own definitions want it`, async () => {
      const definitions = {
        Certificate: await certManagerDefinition('certificates'),
        Issuer: await certManagerDefinition('issuers'),
      };
      const objects = (await rendered(values)).filter(({ kind }) => kind in definitions);
      expect(objects.length).to.equal(values === ON ? 4 : 1);
      for (const object of objects)
        expectValidBy(() => definitions[object.kind as keyof typeof definitions], object as unknown as AnyManifest);
    });
});
