import { expect } from 'chai';
import type { BindingSecret } from '../../../operator/api/binding-secret.ts';
import { plan } from '../../../operator/controllers/spark-job-secret-binding/plan.ts';
import { binding } from '../../support/objects.ts';
import { carriedOut, observed } from '../../support/observed.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const env = (...keys: string[]) => ({ env: keys.map((name) => ({ name, key: name })) });

describe('the plan of a binding', () => {
  const written = carriedOut(observed(env('A', 'B')), NOW);

  describe('repairs the Secret', () => {
    const secret = written.secret!;
    const drifts: Readonly<Record<string, BindingSecret>> = {
      'whose data changed': { ...secret, contentDigest: 'other' },
      'whose label changed': {
        ...secret,
        metadata: { ...secret.metadata, labels: { 'secrets.iomete.com/binding': 'x' } },
      },
      'without annotations': { ...secret, metadata: { ...secret.metadata, annotations: {} } },
      'without an owner': { ...secret, metadata: { ...secret.metadata, ownerReferences: [] } },
      'of a binding that was made anew': {
        ...secret,
        metadata: {
          ...secret.metadata,
          ownerReferences: [{ ...secret.metadata.ownerReferences![0]!, uid: 'of-before' }],
        },
      },
    };
    for (const [what, drifted] of Object.entries(drifts)) {
      it(what, () => {
        const { secret: repaired } = plan({ ...written, secret: drifted }, NOW);
        expect(repaired?.metadata).to.deep.equal(secret.metadata);
        expect(Object.keys(repaired?.data ?? {})).to.include.members(['A', 'B']);
      });
    }

    it('and leaves what others wrote on it', () => {
      const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'x' };
      const metadata = {
        ...secret.metadata,
        labels: { ...secret.metadata.labels, team: 'orders' },
        annotations: { ...secret.metadata.annotations, note: 'x' },
        finalizers: ['example.com/backup'],
        ownerReferences: [owner, ...secret.metadata.ownerReferences!],
      };
      expect(plan({ ...written, secret: { ...secret, metadata } }, NOW).secret).to.be.undefined;
      const { secret: repaired } = plan({ ...written, secret: { ...secret, metadata, contentDigest: 'other' } }, NOW);
      expect(repaired?.metadata).to.deep.equal(metadata);
    });

    it('gives a label that Kubernetes takes, whatever the name of the binding', () => {
      const name = `${'a'.repeat(62)}-b.c`;
      const { secret: made } = plan({ ...observed(env('A')), binding: binding(env('A'), { name }) }, NOW);
      expect(made?.metadata.labels?.['secrets.iomete.com/binding']).to.equal('a'.repeat(62));
    });
  });
});
