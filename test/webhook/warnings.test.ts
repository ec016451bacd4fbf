import { expect } from 'chai';
import { decide } from '../../operator/injection/decide.ts';
import type { Pod } from '../../operator/injection/pod.ts';
import { allow } from '../../operator/webhook/admission-review.ts';
import { view } from '../injection/bindings.ts';

const PROPERTY = 'spark.hadoop.fs.azure.account.key.analyticsproduction.dfs.core.windows.net';
const VARIABLE = 'ORDERS_WAREHOUSE_DATABASE_PASSWORD';
const BINDING = view('orders-warehouse-nightly-etl', {
  spec: { env: [{ name: VARIABLE, key: 'orders/P' }], sparkConf: [{ name: PROPERTY, key: 'orders/K' }] },
});
const REFERENCES = Array.from({ length: 12 }, (_, at) => ({ name: `${VARIABLE}_${at}`, value: '${secrets.orders/P}' }));

/** Of a pod about which there is everything to say. */
function warningsOf(): readonly string[] {
  const driver = {
    name: 'base',
    command: ['spark-submit', '--conf', `${PROPERTY}=own`, 'app.py'],
    env: [{ name: VARIABLE, value: 'own' }],
  };
  const pod: Pod = {
    metadata: {
      labels: { 'secrets.iomete.com/inject': 'true', 'app.kubernetes.io/name': 'report' },
      annotations: { 'secrets.iomete.com/container': 'base' },
    },
    spec: { containers: [driver, { name: 'metrics-exporter', env: REFERENCES }] },
  };
  const decision = decide(pod, [BINDING], 'run');
  if (decision.kind !== 'patch') throw new Error(JSON.stringify(decision));
  return allow('uid', decision.patch, decision.warnings).response.warnings ?? [];
}

describe('a warning of the webhook', () => {
  it('says the next step, however much there is to say, in what the API server keeps', () => {
    const [variable, property, container, ...others] = warningsOf();
    expect(variable).to.match(new RegExp(`${VARIABLE} .*: remove it there, or set spec\\.precedence: Pod in .*\\.$`));
    expect(property).to.match(/windows\.net .*: remove it there, or set spec\.precedence: Pod in the binding\.$/);
    expect(container).to.match(/metrics-exporter .*_0, .*_1 and 10 more, .*: give it these .* in another way\.$/);
    expect(others).to.deep.equal([]);
    for (const warning of [variable, property, container]) expect(warning?.length).to.be.at.most(256);
  });
});
