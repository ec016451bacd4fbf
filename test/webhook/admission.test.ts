import { expect } from 'chai';
import type { Decision } from '../../operator/injection/decide.ts';
import { BadReviewError } from '../../operator/webhook/admission-review.ts';
import { Admission } from '../../operator/webhook/admission.ts';
import type { AdmissionOptions } from '../../operator/webhook/admission.ts';
import { ScopeDouble } from '../support/scope.ts';
import { POD, patchOf, reviewOf } from './reviews.ts';

const NEVER = new AbortController().signal;

function deciding(decide: AdmissionOptions['decide'], more: Partial<AdmissionOptions> = {}): Admission {
  return new Admission({ decide, views: () => [], scope: new ScopeDouble(), patienceMs: 100, pollMs: 5, ...more });
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('admission', () => {
  it('admits a pod that no binding selects without a patch', async () => {
    const answer = await deciding(() => ({ kind: 'none' })).review(reviewOf(), NEVER);
    expect(answer).to.deep.equal({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: 'uid-1', allowed: true },
    });
  });

  it('answers with the patch in base64 and the warnings', async () => {
    const patch = [{ op: 'add', path: '/metadata/labels/x', value: 'ü' }] as const;
    const answer = await deciding(() => ({ kind: 'patch', patch, warnings: ['look'] })).review(reviewOf(), NEVER);
    expect(answer.response).to.include({ uid: 'uid-1', allowed: true, patchType: 'JSONPatch' });
    expect(answer.response.warnings).to.deep.equal(['look']);
    expect(patchOf(answer)).to.deep.equal(patch);
  });

  it('admits a pod that is patched already without a patch', async () => {
    const answer = await deciding(() => ({ kind: 'patch', patch: [], warnings: [] })).review(reviewOf(), NEVER);
    expect(answer.response).to.deep.equal({ uid: 'uid-1', allowed: true });
  });

  it('refuses with code 403 and the message', async () => {
    const answer = await deciding(() => ({ kind: 'deny', message: 'create the key' })).review(reviewOf(), NEVER);
    expect(answer.response).to.deep.equal({
      uid: 'uid-1',
      allowed: false,
      status: { code: 403, reason: 'Forbidden', message: 'create the key' },
    });
  });

  describe('for a namespace that is not known', () => {
    const none = () => ({ kind: 'none' }) as const;

    it('refuses a pod rather than to let it start without its secrets', async () => {
      const scope = new ScopeDouble();
      scope.exceptions.set('analytics', 'unknown');
      const answer = await deciding(none, { scope }).review(reviewOf(), NEVER);
      expect(answer.response.allowed).to.be.false;
      expect(answer.response.status?.message).to.match(
        /may not list what is in namespace analytics.*start the job again/,
      );
    });

    it('waits for it', async () => {
      const scope = new ScopeDouble();
      scope.exceptions.set('analytics', 'unknown');
      const answering = deciding(none, { scope, patienceMs: 2_000 }).review(reviewOf(), NEVER);
      scope.exceptions.clear();
      expect((await answering).response.allowed).to.be.true;
    });

    it('refuses at once where it is asked for one that is not watched', async () => {
      const scope = new ScopeDouble();
      scope.exceptions.set('analytics', 'unwatched');
      const answer = await deciding(none, { scope, patienceMs: 60_000 }).review(reviewOf(), NEVER);
      expect(answer.response.status?.message).to.match(
        /namespace analytics is not among those that the operator watches/,
      );
    });
  });

  it('keeps warnings few and short', async () => {
    const warnings = ['x'.repeat(500), ...Array.from({ length: 20 }, (_, i) => `warning ${i}`)];
    const answer = await deciding(() => ({ kind: 'patch', patch: [], warnings })).review(reviewOf(), NEVER);
    expect(answer.response.warnings).to.deep.equal([
      `${'x'.repeat(255)}…`,
      ...['warning 0', 'warning 1', 'warning 2', 'and 17 more'],
    ]);
  });

  it('looks in the namespace of the request, not of the pod, which may have none', async () => {
    const asked: string[] = [];
    const views: AdmissionOptions['views'] = (namespace) => {
      asked.push(namespace);
      return [];
    };
    const object = { ...POD, metadata: { ...POD.metadata, namespace: 'elsewhere' } };
    await deciding(() => ({ kind: 'none' }), { views }).review(reviewOf({ object }), NEVER);
    expect(asked).to.deep.equal(['analytics']);
  });

  it('answers a dry run in the same way', async () => {
    const admission = deciding(() => ({ kind: 'patch', patch: [{ op: 'add', path: '/x', value: 1 }], warnings: [] }));
    const [real, dry] = await Promise.all([false, true].map((dryRun) => admission.review(reviewOf({ dryRun }), NEVER)));
    expect(dry).to.deep.equal(real);
  });

  it('waits until the binding is reconciled', async () => {
    let looks = 0;
    const decide = (): Decision => (++looks < 4 ? { kind: 'wait', message: 'not yet' } : { kind: 'none' });
    const answer = await deciding(decide).review(reviewOf(), NEVER);
    expect(answer.response.allowed).to.be.true;
    expect(looks).to.equal(4);
  });

  it('refuses with the reason when the binding does not get ready in time', async () => {
    const start = performance.now();
    const answer = await deciding(() => ({ kind: 'wait', message: 'orders: not yet' })).review(reviewOf(), NEVER);
    expect(answer.response.status).to.include({ code: 403, message: 'orders: not yet' });
    expect(performance.now() - start).to.be.at.least(95);
  });

  it('stops waiting when the caller has gone', async () => {
    const gone = new AbortController();
    const waiting = deciding(() => ({ kind: 'wait', message: '' }), { patienceMs: 60_000 }).review(
      reviewOf(),
      gone.signal,
    );
    gone.abort();
    expect(await failure(waiting)).to.have.property('name', 'AbortError');
  });

  const bad: Readonly<Record<string, [unknown, number]>> = {
    'no object': ['review', 400],
    null: [null, 400],
    'a list': [[], 400],
    'another kind': [{ ...reviewOf(), kind: 'TokenReview' }, 400],
    'version v1beta1': [{ ...reviewOf(), apiVersion: 'admission.k8s.io/v1beta1' }, 400],
    'no request': [{ ...reviewOf(), request: undefined }, 400],
    'no uid': [reviewOf({ uid: '' }), 400],
    'no namespace': [reviewOf({ namespace: undefined }), 400],
    'no pod': [reviewOf({ object: null }), 400],
    'the kind of a pod in another group': [reviewOf({ kind: { group: 'x', version: 'v1', kind: 'Pod' } }), 422],
    'a deployment': [reviewOf({ kind: { group: 'apps', version: 'v1', kind: 'Deployment' } }), 422],
    'an update': [reviewOf({ operation: 'UPDATE' }), 422],
  };
  for (const [name, [body, status]] of Object.entries(bad)) {
    it(`does not answer a review with ${name}, and says why without repeating it`, async () => {
      const error = await failure(deciding(() => ({ kind: 'none' })).review(body, NEVER));
      expect(error).to.be.instanceOf(BadReviewError);
      expect(error).to.have.property('statusCode', status);
      expect((error as Error).message).not.to.contain('the-value-of-the-pod');
    });
  }

  it('tells the outcome and the time of each answer', async () => {
    const told: string[] = [];
    const decisions: readonly Decision[] = [
      { kind: 'none' },
      { kind: 'patch', patch: [{ op: 'add', path: '/x', value: 1 }], warnings: [] },
      { kind: 'deny', message: '' },
    ];
    const onDone: AdmissionOptions['onDone'] = (outcome, ms) => told.push(`${outcome} ${String(ms >= 0)}`);
    for (const decision of decisions) await deciding(() => decision, { onDone }).review(reviewOf(), NEVER);
    await failure(deciding(() => ({ kind: 'none' }), { onDone }).review({}, NEVER));
    expect(told).to.deep.equal(['unchanged true', 'patched true', 'denied true', 'error true']);
  });
});
