import { expect } from 'chai';
import { findCondition } from '../../../operator/api/conditions.ts';
import type { Observed } from '../../../operator/controllers/spark-job-secret-binding/observe.ts';
import { plan, sameStatus, type Plan } from '../../../operator/controllers/spark-job-secret-binding/plan.ts';
import { OperatorError } from '../../../operator/errors.ts';
import { INDEX } from '../../injection/bindings.ts';
import { group, key } from '../../support/keys.ts';
import { answer, carriedOut, failed, groups, observed } from '../../support/observed.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const LATER = new Date('2026-01-01T01:00:00Z');
const unreachable = { error: new OperatorError('StoreUnreachable'), lastGood: new Date('2025-12-31T23:59:00Z') };
const env = (...keys: string[]) => ({ env: keys.map((name) => ({ name, key: name })) });

const reasons = ({ status }: Plan) =>
  ['Ready', 'Resolved'].map((type) => {
    const condition = findCondition(status.conditions, type);
    return `${condition?.status} ${condition?.reason}`;
  });
const message = ({ status }: Plan) => findCondition(status.conditions, 'Ready')?.message ?? '';
const dataOf = ({ secret }: Plan) =>
  Object.fromEntries(
    Object.entries(secret?.data ?? {}).flatMap(([name, text]) =>
      name.includes('.') || INDEX.test(name) ? [] : [[name, Buffer.from(text, 'base64').toString()]],
    ),
  );

describe('the plan of a binding', () => {
  const written = carriedOut(observed(env('A', 'B')), NOW);

  interface Case {
    readonly given: Observed;
    readonly says: readonly [ready: string, resolved: string];
    /** Found in the message of Ready. */
    readonly tells: RegExp;
    /** Variables in the Secret that is to be written; left out: none is. */
    readonly writes?: Record<string, string>;
  }
  const cases: Readonly<Record<string, Case>> = {
    'writes the Secret when every key has a value': {
      given: observed(env('A', 'B')),
      says: ['True Injecting', 'True AllKeysResolved'],
      tells: /2 environment variables and 0 Spark properties/,
      writes: { A: '1', B: '2' },
    },
    'waits for the webhook, and has the Secret ready': {
      given: observed(env('A'), { coverage: 'pending' }),
      says: ['False NamespaceNotCovered', 'True AllKeysResolved'],
      tells: /namespace analytics/,
      writes: { A: '1' },
    },
    'says that the webhook configuration is gone': {
      given: observed(env('A'), { coverage: 'missing' }),
      says: ['False NamespaceNotCovered', 'True AllKeysResolved'],
      tells: /MutatingWebhookConfiguration is gone: install/,
      writes: { A: '1' },
    },
    'says that a namespace is never covered': {
      given: observed(env('A'), { coverage: 'excluded' }),
      says: ['False NamespaceExcluded', 'True AllKeysResolved'],
      tells: /another namespace/,
      writes: { A: '1' },
    },
    'names a store that does not exist': {
      given: observed(env('A'), { store: undefined, answer: undefined }),
      says: ['False StoreNotFound', 'False StoreNotFound'],
      tells: /iomete-system\/default does not exist: create it/,
    },
    'leaves the Secret alone when the store is gone': {
      given: { ...written, store: undefined, answer: undefined },
      says: ['False StoreNotFound', 'False StoreNotFound'],
      tells: /does not exist/,
    },
    'names a key that is not there, and writes nothing, not even the others': {
      given: observed(env('A', 'NONE')),
      says: ['False KeyNotFound', 'False KeyNotFound'],
      tells: /has no NONE: add what is missing/,
    },
    'keeps the Secret when a key goes': {
      given: { ...written, answer: answer({ A: '1' }) },
      says: ['False KeyNotFound', 'False KeyNotFound'],
      tells: /has no B/,
    },
    'names a group with no key': {
      given: observed({ envFrom: [{ group: 'g' }] }, { answer: answer({}, { groups: groups({ g: [] }) }) }),
      says: ['False KeyNotFound', 'False KeyNotFound'],
      tells: /no key for this namespace in group g/,
    },
    'makes no Secret for a key that is not granted': {
      given: observed(env('A', 'B'), { answer: answer({ A: '1' }, { denied: [key('B')] }) }),
      says: ['False AccessDenied', 'False AccessDenied'],
      tells: /does not grant B to namespace analytics: its owner can add/,
    },
    'takes a withdrawn key out of the Secret, and keeps the others': {
      given: { ...written, answer: answer({ A: '1' }, { denied: [key('B')] }) },
      says: ['False AccessDenied', 'False AccessDenied'],
      tells: /does not grant B/,
      writes: { A: '1' },
    },
    'takes a withdrawn key out also when another one is missing': {
      given: { ...written, answer: answer({}, { denied: [key('B')] }) },
      says: ['False AccessDenied', 'False AccessDenied'],
      tells: /does not grant B.*has no A/,
      writes: {},
    },
    'takes a withdrawn key out also when what remains is not valid': {
      given: { ...written, answer: answer({ A: 'nul\0' }, { denied: [key('B')] }) },
      says: ['False AccessDenied', 'False AccessDenied'],
      tells: /does not grant B/,
      writes: {},
    },
    'holds the job while the store can not tell and nothing is written': {
      given: observed(env('A'), { answer: answer({}, { unknown: [key('A')], failure: unreachable }) }),
      says: ['False StoreUnreachable', 'False StoreUnreachable'],
      tells: /^(?!Jobs start).*does not answer.*last answered at 2025-12-31T23:59:00/,
    },
    'keeps what was written while the store can not tell': {
      given: { ...written, answer: answer({}, { unknown: [key('A'), key('B')], failure: unreachable }) },
      says: ['False StoreUnreachable', 'True AllKeysResolved'],
      tells: /^Jobs start with the values of the last good read/,
    },
    'says so when values are those of the last good read': {
      given: { ...written, answer: answer({ A: '1', B: '2' }, { failure: unreachable }) },
      says: ['False StoreUnreachable', 'True AllKeysResolved'],
      tells: /^Jobs start with the values of the last good read/,
    },
    'does not take an old Secret for a new spec while the store can not tell': {
      given: {
        ...observed(env('A', 'C'), { answer: answer({}, { unknown: [key('A'), key('C')], failure: unreachable }) }),
        secret: written.secret,
      },
      says: ['False StoreUnreachable', 'False StoreUnreachable'],
      tells: /^(?!Jobs start)/,
    },
    'says that the store refuses the operator': {
      given: observed(env('A'), {
        answer: answer(
          {},
          { unknown: [key('A')], failure: { error: new OperatorError('AuthenticationFailed'), lastGood: undefined } },
        ),
      }),
      says: ['False AuthenticationFailed', 'False AuthenticationFailed'],
      tells: /refuses the operator/,
    },
    'names a key that the store refuses, and what to do': {
      given: observed(env('A', 'B'), { answer: answer({ A: '1' }, { failed: failed('B', 'KeyRefused') }) }),
      says: ['False KeyRefused', 'False KeyRefused'],
      tells: /iomete-system\/default, B: .*refuses this key.*Give its role read access/,
    },
    'names a value that can not be read, and what to do': {
      given: observed(env('A', 'B'), { answer: answer({ A: '1' }, { failed: failed('B', 'ValueUnreadable') }) }),
      says: ['False ValueUnreadable', 'False ValueUnreadable'],
      tells: /, B: .*Write the value anew/,
    },
    'keeps what was written when a key is refused after a restart': {
      given: { ...written, answer: answer({ A: '1' }, { failed: failed('B', 'KeyRefused') }) },
      says: ['False KeyRefused', 'True AllKeysResolved'],
      tells: /^Jobs start with the values of the last good read.*, B: /,
    },
    'writes the last good value of a refused key beside new ones': {
      given: { ...written, answer: answer({ A: 'new', B: '2' }, { failed: failed('B', 'KeyRefused') }) },
      says: ['False KeyRefused', 'True AllKeysResolved'],
      tells: /^Jobs start with the values of the last good read.*, B: /,
      writes: { A: 'new', B: '2' },
    },
    'names a group that may not be listed': {
      given: observed(
        { envFrom: [{ group: 'g' }] },
        { answer: answer({}, { failedGroups: new Map([[group('g'), new OperatorError('KeyRefused')]]) }) },
      ),
      says: ['False KeyRefused', 'False KeyRefused'],
      tells: /, group g: /,
    },
    'writes the last good value of a group that may not be listed any more': {
      given: observed(
        { envFrom: [{ group: 'g' }] },
        {
          answer: answer(
            { 'g/X': '1' },
            { groups: groups({ g: ['g/X'] }), failedGroups: new Map([[group('g'), new OperatorError('KeyRefused')]]) },
          ),
        },
      ),
      says: ['False KeyRefused', 'True AllKeysResolved'],
      tells: /^Jobs start with the values of the last good read.*, group g: /,
      writes: { X: '1' },
    },
    'says that a Secret which the store names is missing': {
      given: observed(env('A'), {
        answer: answer(
          {},
          {
            unknown: [key('A')],
            failure: { error: new OperatorError('CredentialsMissing', 'create Secret token'), lastGood: undefined },
          },
        ),
      }),
      says: ['False SecretNotFound', 'False SecretNotFound'],
      tells: /create Secret token/,
    },
    'refuses a template that does not parse': {
      given: observed({ sparkConf: [{ name: 'spark.x.password', template: 'a${A' }] }),
      says: ['False InvalidTemplate', 'False InvalidTemplate'],
      tells: /spark\.x\.password/,
    },
    'refuses a property that Spark shows': {
      given: observed({ sparkConf: [{ name: 'spark.authenticate.secret', key: 'A' }] }),
      says: ['False ForbiddenConfKey', 'False ForbiddenConfKey'],
      tells: /in clear/,
    },
    'refuses two keys for one variable': {
      given: observed(
        { envFrom: [{ group: 'g' }, { group: 'h' }] },
        { answer: answer({ 'g/X': '1', 'h/X': '2' }, { groups: groups({ g: ['g/X'], h: ['h/X'] }) }) },
      ),
      says: ['False Conflict', 'False Conflict'],
      tells: /variable X comes from the keys g\/X and h\/X/,
    },
    'refuses a value that a variable can not carry': {
      given: observed(env('A'), { answer: answer({ A: 'x'.repeat(140_000) }) }),
      says: ['False ValueTooLarge', 'False ValueTooLarge'],
      tells: /140000 bytes/,
    },
    'refuses a value with a NUL': {
      given: observed(env('A'), { answer: answer({ A: 'a\0b' }) }),
      says: ['False InvalidValue', 'False InvalidValue'],
      tells: /NUL/,
    },
    'refuses a key of a group whose name is no variable': {
      given: observed(
        { envFrom: [{ group: 'g' }] },
        { answer: answer({ 'g/db-password': '1' }, { groups: groups({ g: ['g/db-password'] }) }) },
      ),
      says: ['False InvalidEnvName', 'False InvalidEnvName'],
      tells: /db-password/,
    },
  };
  for (const [sentence, { given, says, tells, writes }] of Object.entries(cases)) {
    it(sentence, () => {
      const made = plan(given, NOW);
      expect(reasons(made)).to.deep.equal(says);
      expect(message(made)).to.match(tells);
      if (writes === undefined) expect(made.secret).to.be.undefined;
      else expect(made.secret && dataOf(made)).to.deep.equal(writes);
    });

    it(`${sentence}: and then leaves it so, whatever the clock says`, () => {
      const after = carriedOut(given, NOW);
      const again = plan(after, LATER);
      expect(again.secret).to.be.undefined;
      expect(again.status).to.deep.equal(after.binding.status);
      expect(sameStatus(after.binding.status, again.status)).to.be.true;
    });
  }

  it('takes the values of a withdrawn group out of the Secret', () => {
    const spec = { ...env('A'), envFrom: [{ group: 'g' }] };
    const before = carriedOut(
      observed(spec, { answer: answer({ A: '1', 'g/X': '2' }, { groups: groups({ g: ['g/X'] }) }) }),
      NOW,
    );
    const withdrawn = { groups: groups({ g: [] }), withdrawn: [key('g/X')] };
    expect(dataOf(plan({ ...before, answer: answer({ A: '1' }, withdrawn) }, NOW))).to.deep.equal({ A: '1' });
    expect(plan({ ...before, answer: answer({ A: '1' }, { groups: groups({ g: [] }) }) }, NOW).secret).to.be.undefined;
  });

  it('says of a key that is not granted nothing of whether it is there', () => {
    const made = plan(observed(env('A', 'B'), { answer: answer({ A: '1' }, { denied: [key('B')] }) }), NOW);
    expect(message(made)).to.include('does not grant B').and.not.include('has no');
  });

  it('bounds its message, so that the API server takes it', () => {
    const keys = Array.from({ length: 500 }, (_, at) => `g/${'x'.repeat(200)}-${at}`);
    const values = Object.fromEntries(keys.map((name) => [name, '1']));
    const made = plan(
      observed({ envFrom: [{ group: 'g' }] }, { answer: answer(values, { groups: groups({ g: keys }) }) }),
      NOW,
    );
    expect(message(made).length).to.be.below(32_768);
    expect(message(made)).to.match(/490 more/);
  });

  it('puts no value into a status, nor into what is not data', () => {
    const made = plan(observed(env('A'), { answer: answer({ A: 'hunter2' }, {}) }), NOW);
    expect(JSON.stringify({ ...made.secret, data: undefined })).not.to.include('aHVudGVyMg');
    expect(JSON.stringify({ ...made.secret, data: undefined })).not.to.include('hunter2');
    expect(message(made)).not.to.include('hunter2');
  });
});
