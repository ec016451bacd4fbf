import { expect } from 'chai';
import { OperatorError } from '../../../operator/errors.ts';
import { plan, sameStatus } from '../../../operator/controllers/spark-job-secret-binding/plan.ts';
import { key } from '../../support/keys.ts';
import { answer, carriedOut, failed, groups, observed } from '../../support/observed.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const LATER = new Date('2026-01-01T01:00:00Z');
const unreachable = { error: new OperatorError('StoreUnreachable'), lastGood: undefined };
const env = (...keys: string[]) => ({ env: keys.map((name) => ({ name, key: name })) });

describe('the plan of a binding', () => {
  const written = carriedOut(observed(env('A', 'B')), NOW);

  describe('tells of keys', () => {
    it('their versions, and since when', () => {
      const { status } = plan({ ...written, answer: answer({ A: 'new', B: '2' }) }, LATER);
      expect(status.keys).to.deep.equal([
        { key: 'A', version: 'v-new', lastChangeTime: '2026-01-01T01:00:00Z' },
        { key: 'B', version: 'v-2', lastChangeTime: '2026-01-01T00:00:00Z' },
      ]);
    });

    it('what was known, while a key or a group can not be told', () => {
      for (const more of [{ unknown: [key('B')] }, {}]) {
        const given = {
          ...written,
          requirements: { ...written.requirements, groups: 'unknown' in more ? [] : (['g'] as never) },
        };
        const { status } = plan({ ...given, answer: answer({ A: '1' }, { ...more, failure: unreachable }) }, LATER);
        expect(status.keys).to.deep.equal(written.binding.status?.keys);
      }
    });

    it('what was known of one that is refused, beside what is told of the others', () => {
      const { status } = plan(
        { ...written, answer: answer({ A: 'new' }, { failed: failed('B', 'KeyRefused') }) },
        LATER,
      );
      expect(status.keys?.map(({ key: name, version }) => `${name} ${version}`)).to.deep.equal(['A v-new', 'B v-2']);
    });

    it('nothing of one that was withdrawn', () => {
      const { status } = plan({ ...written, answer: answer({}, { unknown: [key('A')], denied: [key('B')] }) }, LATER);
      expect(status.keys?.map(({ key: name }) => name)).to.deep.equal(['A']);
    });

    it('no more than the CRD takes', () => {
      const names = Array.from({ length: 2_100 }, (_, at) => `g/K${at}`);
      const values = Object.fromEntries(names.map((name) => [name, '1']));
      const given = observed(
        { envFrom: [{ group: 'g' }] },
        { answer: answer(values, { groups: groups({ g: names }) }) },
      );
      const { status } = plan(given, NOW);
      expect(status.keys).to.have.length(2_048);
      expect(plan({ ...given, binding: { ...given.binding, status } }, LATER).status.keys).to.deep.equal(status.keys);
    });

    it('in an order that makes no other status', () => {
      const { status } = written.binding;
      expect(sameStatus({ ...status!, keys: status!.keys!.toReversed() }, status!)).to.be.true;
      expect(sameStatus({ ...status!, keys: status!.keys!.slice(1) }, status!)).to.be.false;
      expect(sameStatus(undefined, status!)).to.be.false;
    });

    it('whatever conditions others added', () => {
      const { status } = written.binding;
      const foreign = { ...status!.conditions![0]!, type: 'example.com/Audited' };
      expect(sameStatus({ ...status!, conditions: [foreign, ...status!.conditions!] }, status!)).to.be.true;
      expect(sameStatus({ ...status!, conditions: [foreign] }, status!)).to.be.false;
    });
  });

  describe('tells of applications', () => {
    const driver = (name: string, second: number) => ({
      metadata: {
        name,
        creationTimestamp: `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`,
      },
      application: `app-${name}`,
      status: { phase: 'Running' },
    });
    const drivers = Array.from({ length: 15 }, (_, at) =>
      driver(`d${String(at).padStart(2, '0')}`, Math.floor(at / 5)),
    );

    it('the ten most recent, newest first', () => {
      const { status } = plan({ ...written, drivers }, NOW);
      expect(status.applications?.map(({ driver: name }) => name)).to.deep.equal(
        ['14', '13', '12', '11', '10', '09', '08', '07', '06', '05'].map((at) => `d${at}`),
      );
      expect(status.applications?.[0]).to.deep.equal({
        name: 'app-d14',
        driver: 'd14',
        phase: 'Running',
        since: '2026-01-01T00:00:02Z',
      });
    });

    it('nothing while there is none', () => {
      expect(written.binding.status).not.to.have.property('applications');
    });

    it('the same in whatever order they come', () => {
      const { status } = plan({ ...written, drivers }, NOW);
      const shuffled = drivers.toSorted((a, b) => (a.metadata.name.at(-1)! < b.metadata.name.at(-1)! ? -1 : 1));
      expect(plan({ ...written, drivers: shuffled }, NOW).status).to.deep.equal(status);
    });
  });
});
