import { expect } from 'chai';
import { AuditTrail, type AuditEvent } from '../../operator/http/audit.ts';
import { createLogger } from '../../operator/telemetry/logger.ts';
import { CANARY, eachInOrdersWorld, type ApiWorld } from './api-world.ts';

const STORE = '/api/v1/namespaces/platform/stores/default';
const KEY = 'orders/DB_PASSWORD';

describe('the audit of the API', () => {
  let world: ApiWorld;

  eachInOrdersWorld((made) => {
    world = made;
  });

  /** What was written of each, without time and address. */
  function lines(): Partial<AuditEvent>[] {
    return world.audited.map((line) => {
      expect(line).to.include({ audit: true, address: '127.0.0.1', level: 'info', msg: 'audit' });
      expect(Date.parse(line.time)).to.be.closeTo(Date.now(), 60_000);
      const { operation, caller, store, key, consumer, version, result } = line;
      const shown = { operation, caller: caller?.name, store, key, consumer, version, result };
      return Object.fromEntries(Object.entries(shown).filter(([, value]) => value !== undefined));
    });
  }

  it('has a line for each read of a value, write, removal and rollback, and none for a look at names', async () => {
    const put = { method: 'PUT', body: { value: CANARY } };
    await world.call(`${STORE}/keys`);
    await world.call(`${STORE}/keys/${KEY}`);
    await world.call(`${STORE}/keys/orders/NEW`, put);
    await world.call(`${STORE}/keys/orders/NEW`, put);
    await world.call(`${STORE}/keys/orders/NEW`, { method: 'PUT', body: { value: 'b', ifVersion: '1' } });
    await world.call(`${STORE}/values/orders/NEW?consumer=analytics`, { as: 'analytics-owner' });
    await world.call(`${STORE}/rollback/orders/NEW`, { method: 'POST', body: { version: '4' } });
    await world.call(`${STORE}/keys/orders/NEW`, { method: 'DELETE' });
    await world.call(`${STORE}/values/orders/NEW`);
    const of = { store: 'default', key: 'orders/NEW' };
    expect(lines()).to.deep.equal([
      { ...of, caller: 'owner', operation: 'writeKey', version: '4', result: 'created' },
      { ...of, caller: 'owner', operation: 'writeKey', version: '4', result: 'unchanged' },
      { ...of, caller: 'owner', operation: 'writeKey', result: 'VersionConflict' },
      {
        ...of,
        caller: 'analytics-owner',
        operation: 'revealValue',
        consumer: 'analytics',
        version: '4',
        result: 'ok',
      },
      { ...of, caller: 'owner', operation: 'rollBackKey', version: '4', result: 'unchanged' },
      { ...of, caller: 'owner', operation: 'removeKey', result: 'ok' },
      { ...of, caller: 'owner', operation: 'revealValue', result: 'KeyNotFound' },
    ]);
    expect(world.audited[0]?.caller).to.deep.equal({ name: 'owner', groups: 2 });
  });

  it('has a line for each denied try, by whomever, of whatever', async () => {
    await world.call(`${STORE}/keys`, { as: '' });
    await world.call(`${STORE}/values/${KEY}`, { as: `${CANARY}-token` });
    await world.call(`${STORE}/values/${KEY}`, { as: 'viewer' });
    await world.call(`${STORE}/keys?consumer=analytics`, { as: 'other-owner' });
    await world.call(`${STORE}/values/sales/TOKEN?consumer=analytics`, { as: 'analytics-owner' });
    const at = { store: 'default', result: 'denied' };
    expect(lines()).to.deep.equal([
      { ...at, operation: 'listKeys' },
      { ...at, operation: 'revealValue', key: KEY },
      { ...at, operation: 'revealValue', key: KEY, caller: 'viewer' },
      { ...at, operation: 'listKeys', consumer: 'analytics', caller: 'other-owner' },
      { ...at, operation: 'revealValue', consumer: 'analytics', key: 'sales/TOKEN', caller: 'analytics-owner' },
    ]);
  });

  it('names the pod that read, and by which binding', async () => {
    world.addPod('analytics', 'etl-driver', { labels: { 'spark-role': 'driver', team: 'orders' } });
    world.addBinding('analytics', 'orders', { env: [{ name: 'A', key: KEY }] });
    await world.call(`/api/v1/self/keys/${KEY}`, { as: 'etl-driver' });
    expect(world.audited).to.have.length(1);
    expect(world.audited[0]).to.deep.include({
      caller: { name: 'system:serviceaccount:analytics:spark', groups: 0, pod: 'analytics/etl-driver' },
      ...{ operation: 'readOwnValue', namespace: 'platform', store: 'default', key: KEY, binding: 'orders' },
      ...{ consumer: 'analytics', version: '1', result: 'ok' },
    });
  });

  it('can be asked for the events of a store, of one key, a page at a time, newest first', async () => {
    for (const key of ['A', 'B', 'A']) await world.call(`${STORE}/keys/${key}`, { method: 'DELETE' });
    await world.call(`${STORE}/values/${KEY}`, { as: 'viewer' });
    const page = async (query: string): Promise<[string[], string]> => {
      const { json } = await world.call(`${STORE}/audit?${query}`, { as: 'viewer' });
      const items = json['items'] as AuditEvent[];
      return [items.map(({ key, result }) => `${key ?? ''} ${result}`), (json['continue'] ?? '') as string];
    };
    const [first, token] = await page('limit=3');
    expect(first).to.deep.equal([`${KEY} denied`, 'A ok', 'B ok']);
    expect(await page(`limit=3&continue=${token}`)).to.deep.equal([['A ok'], '']);
    expect(await page('key=A')).to.deep.equal([['A ok', 'A ok'], '']);
  });

  it('shows a namespace only events of keys that it is granted', async () => {
    await world.call(`${STORE}/values/${KEY}`);
    await world.call(`${STORE}/values/sales/TOKEN`);
    const { json } = await world.call(`${STORE}/audit?consumer=analytics`, { as: 'analytics-viewer' });
    expect((json['items'] as AuditEvent[]).map(({ key }) => key)).to.deep.equal([KEY]);
  });

  describe('in memory', () => {
    const query = { namespace: 'a', store: 's', shows: () => true };
    const event = { address: '', operation: 'x', namespace: 'a', store: 's', caller: { name: 'ada', groups: 0 } };

    function trail(): { trail: AuditTrail; log: string[] } {
      const log: string[] = [];
      const logger = createLogger({ level: 'fatal', destination: { write: (line) => log.push(line) } });
      return { trail: new AuditTrail(logger), log };
    }

    it('keeps the last 10,000, and what was refused can’t push out what was done', function () {
      this.timeout(30_000);
      const { trail: kept } = trail();
      kept.record({ ...event, key: 'first', result: 'ok' });
      for (let number = 0; number < 11_000; number += 1) kept.record({ ...event, result: 'denied' });
      const first = kept.page({ ...query, limit: 20_000 });
      expect(first?.items).to.have.length(1001);
      expect(first?.items.at(-1)?.key).to.equal('first');
      for (let number = 0; number < 9_000; number += 1) kept.record({ ...event, result: 'ok' });
      expect(kept.page({ ...query, limit: 20_000 })?.items).to.have.length(10_000);
    });

    it('writes of a flood without names only so many lines, and says later how many it left out', () => {
      const { trail: kept, log } = trail();
      const nameless = { address: '', operation: 'x', result: 'denied' };
      for (let number = 0; number < 1_000; number += 1) kept.record(nameless);
      expect(log.length).to.be.within(100, 110);
      expect(kept.page({ ...query, limit: 10 })?.items).to.deep.equal([]);
    });
  });
});
