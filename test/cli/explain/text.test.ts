import { expect } from 'chai';
import { explanationText } from '../../../cli/explain/text.ts';
import { isWell } from '../../../cli/explain/explain.ts';
import { explain } from '../../../operator/injection/explain/explain.ts';
import { view } from '../../injection/bindings.ts';
import { coming, driver } from '../../injection/explain/subjects.ts';

const selector = { matchLabels: { team: 'orders' } };

describe('an explanation as text', () => {
  it('is short, aligned, and says of each binding why', () => {
    const orders = view('orders', {
      spec: {
        selector,
        env: [
          { name: 'ORDERS_DB_PASSWORD', key: 'orders/DB_PASSWORD' },
          { name: 'LICENSE', key: 'LICENSE', targets: ['driver'] },
        ],
        envFrom: [{ group: 'orders/s3', prefix: 'S3_' }],
        sparkConf: [{ name: 'spark.datasource.url', template: 'jdbc:${orders/URL}' }],
        files: [{ path: 'ca.pem', key: 'CA' }],
      },
      conditions: [{ status: 'True' }, { type: 'Ready', status: 'True', reason: 'Synced', message: 'all is well.' }],
    });
    const sales = view('sales', { spec: { selector: { applications: ['sales-*'] }, env: [{ name: 'A', key: 'a' }] } });
    const explanation = explain({ ...coming(driver()), notes: ['a note.'] }, [sales, orders]);
    expect(explanationText(explanation)).to.equal(
      `Pod analytics/p: would be given secrets
  Application  orders-etl
  Launched by  spark-submit in cluster mode

BINDING  SELECTS  READY    BECAUSE
orders   yes      True     label team is "orders"
sales    no       Unknown  no name of the application (orders-etl) matches sales-*

orders gives, from store analytics/default
  variable   ORDERS_DB_PASSWORD    key orders/DB_PASSWORD  driver, executors
  variable   LICENSE               key LICENSE             driver
  variables  S3_*                  every key of orders/s3  driver, executors
  property   spark.datasource.url  template of orders/URL  driver, executors  in the properties
  file       ca.pem                key CA                  driver, executors  /mnt/spark-secrets/files/orders/ca.pem

Note: a note.
`,
    );
    expect(isWell([explanation])).to.equal(true);
  });

  it('says why a job would not start, once', () => {
    const one = view('orders', { spec: { selector, env: [{ name: 'A', key: 'a' }] } });
    const conf = [{ name: 'spark.x', value: '${secrets.other}' }];
    const explanation = explain({ ...coming(driver()), conf }, [one]);
    const text = explanationText(explanation);
    expect(text).to.match(/^Pod analytics\/p: would be given secrets, but its driver would not start\n {2}Its driver/);
    expect(text).to.contain('${secrets.other}  property spark.x  NOT RESOLVED: see above');
    expect(isWell([explanation])).to.equal(false);
  });

  it('shows what a binding waits for', () => {
    const conditions = [{}, { type: 'Ready' }];
    const one = view('orders', { spec: { selector, env: [{ name: 'A', key: 'a' }] }, conditions });
    const explanation = explain(coming(driver()), [one]);
    expect(explanationText(explanation)).to.match(/^Pod analytics\/p: would be refused\n/);
    expect(explanationText(explanation)).to.contain('  orders: key a has no value in the store: add it.');
    expect(isWell([explanation])).to.equal(false);
  });

  it('shows no control character of what the cluster says', () => {
    const evil = '\u001b[31mx\u202e';
    const subject = { ...coming(driver({ team: evil })), about: { kind: evil, namespace: evil, name: evil } };
    const one = view(evil, {
      spec: { selector, storeRef: { name: evil }, env: [{ name: evil, key: 'a' }] },
      conditions: [{ message: evil }, { type: 'Ready', reason: evil, message: evil }],
    });
    const other = view('other', {
      spec: { selector: { matchLabels: { team: evil } }, env: [{ name: evil, key: 'a' }] },
    });

    expect(explanationText(explain({ ...subject, notes: [evil] }, [one, other]))).not.to.match(/[^\n\u0020-\u007e]/);
  });
});
