import { expect } from 'chai';
import { parse } from 'yaml';
import type { BindingSpec } from '../../operator/api/kinds.ts';
import {
  bindingYaml,
  draftProblems,
  keysOf,
  newDraft,
  withChange,
  withoutRow,
  withRow,
  type Draft,
  type Row,
  type Section,
} from '../../operator/console/app/model/binding.ts';
import {
  confNameProblem,
  envNameFor,
  envNameProblem,
  fileNameProblem,
} from '../../operator/console/app/model/names.ts';
import { keyProblem } from '../../operator/console/app/model/path.ts';
import { expectValid, type Manifest } from '../support/crd-schema.ts';
import { templateKeys } from '../../operator/console/app/model/template.ts';
import { parseKey } from '../../operator/api/secret-key.ts';
import { requirements } from '../../operator/injection/requirements.ts';
import { parseTemplate, templateKeys as operatorsKeys } from '../../operator/injection/template.ts';

const STORE = { namespace: 'platform', name: 'default' };
const JOBS = { namespace: 'analytics', name: 'orders-etl', applications: 'orders-*, etl', labels: 'team=orders' };

function draftOf(...rows: (Partial<Row> & { readonly section: Section })[]): Draft {
  return rows.reduce<Draft>(
    (draft, { section, ...row }) => withChange(withRow(draft, section, row.text), section, draft.nextId, row),
    { ...newDraft(''), ...JOBS },
  );
}

const WHOLE = draftOf(
  { section: 'env', text: 'orders/DB_PASSWORD' },
  { section: 'env', name: 'LICENSE', text: 'LICENSE', isDriverOnly: true },
  { section: 'env', name: 'S3_', from: 'folder', text: 'orders/s3' },
  { section: 'env', name: '', from: 'folder', text: 'orders' },
  { section: 'conf', name: 'spark.x', from: 'template', text: 'a ${orders/URL}: $${b}' },
  { section: 'conf', name: 'spark.y', text: 'orders/Y' },
  { section: 'files', name: 'keystore.jks', text: 'orders/KEYSTORE', isBase64: true },
  { section: 'files', text: 'orders/CERT.pem' },
);

describe('a binding made on the page', () => {
  it('has all that was chosen, in the form that the CRD wants', () => {
    expect(draftProblems(WHOLE)).to.deep.equal([]);
    const object = parse(bindingYaml(WHOLE, STORE)) as Manifest & { spec: BindingSpec };
    expectValid(object);
    expect(object).to.deep.equal({
      apiVersion: 'secrets.iomete.com/v1alpha1',
      kind: 'SparkJobSecretBinding',
      metadata: { name: 'orders-etl', namespace: 'analytics' },
      spec: {
        storeRef: { name: 'default', namespace: 'platform' },
        selector: { applications: ['orders-*', 'etl'], matchLabels: { team: 'orders' } },
        env: [
          { name: 'DB_PASSWORD', key: 'orders/DB_PASSWORD' },
          { name: 'LICENSE', key: 'LICENSE', targets: ['driver'] },
        ],
        envFrom: [{ group: 'orders/s3', prefix: 'S3_' }, { group: 'orders' }],
        sparkConf: [
          { name: 'spark.x', template: 'a ${orders/URL}: $${b}' },
          { name: 'spark.y', key: 'orders/Y' },
        ],
        files: [
          { path: 'keystore.jks', key: 'orders/KEYSTORE', encoding: 'base64' },
          { path: 'CERT.pem', key: 'orders/CERT.pem' },
        ],
      },
    });
    expect(requirements(object.spec).problems).to.deep.equal([]);
    expect(keysOf(WHOLE)).to.have.members(requirements(object.spec).keys);
  });

  const incomplete: Readonly<Record<string, [Draft, readonly string[]]>> = {
    'a new one': [newDraft(''), ['namespace', 'name', 'applications', 'add-env']],
    'bad names': [{ ...WHOLE, namespace: 'a.b', name: 'A' }, ['namespace', 'name']],
    'labels that are none': [{ ...WHOLE, labels: 'team=orders team' }, ['labels']],
    'a row without anything': [withRow(WHOLE, 'conf'), ['conf-9-name', 'conf-9-text']],
    'a variable twice': [withChange(WHOLE, 'env', 2, { name: 'DB_PASSWORD' }), ['env-2-name']],
    'a file of two keys': [withChange(WHOLE, 'files', 8, { name: 'keystore.jks' }), ['files-8-name']],
    'a template without a key': [withChange(WHOLE, 'conf', 5, { text: 'a' }), ['conf-5-text']],
    'a key made for each run': [withChange(WHOLE, 'env', 1, { text: 'database/creds/x#password' }), ['env-1-text']],
  };
  for (const [what, [draft, fields]] of Object.entries(incomplete)) {
    it(`says what is wrong with ${what}, and where`, () => {
      expect(draftProblems(draft).map(({ field }) => field)).to.deep.equal(fields);
      expect(
        draftProblems(draft)
          .map(({ text }) => text)
          .join(' '),
      ).to.match(/^[A-Z“"].*[.]$/);
    });
  }

  it('takes names of applications as they are, blanks and all, and sets them apart by commas and lines', () => {
    const { spec } = parse(
      bindingYaml(
        { ...WHOLE, applications: ' Orders ETL , etl-*,,\nNightly  Sums\r\netl-*', labels: 'a=b c=d' },
        STORE,
      ),
    ) as { spec: BindingSpec };
    expect(spec.selector).to.deep.equal({
      applications: ['Orders ETL', 'etl-*', 'Nightly  Sums'],
      matchLabels: { a: 'b', c: 'd' },
    });
    expect(draftProblems({ ...WHOLE, applications: ' , ', labels: '' }).map(({ field }) => field)).to.deep.equal([
      'applications',
    ]);
  });

  it('forgets a row that was removed', () => {
    expect(withoutRow(WHOLE, 'env', 1).env.map(({ id }) => id)).to.deep.equal([2, 3, 4]);
  });

  it('calls variables as one would', () => {
    expect(['orders/db-password', '1st.key', 'a/B_1'].map(envNameFor)).to.deep.equal([
      'DB_PASSWORD',
      '_1ST_KEY',
      'B_1',
    ]);
  });
});

const ENV_NAMES = [
  ...[
    'A',
    'a_1',
    '_',
    '',
    '1A',
    'A-B',
    'A B',
    'É',
    'PATH',
    'PATH_2',
    'LD_PRELOAD',
    'JAVA_TOOL_OPTIONS',
    '_JAVA_OPTIONS',
    'A'.repeat(253),
  ],
  ...[
    'SPARK_HOME',
    'SPARK_DIST_CLASSPATH',
    'HADOOP_CONF_DIR',
    'PYSPARK_DRIVER_PYTHON',
    'LD_LIBRARY_PATH',
    'MY_CLASSPATH',
    'SPARK_USER',
    'SPARK_DRIVER_MEMORY',
    'SPARK_EXECUTOR_X',
    'SPARK_X',
    'SPARK_SECRETS_KEYS_1',
    'SPARK_SECRETS_API_URL',
  ],
  ...[
    'PYSPARK_SUBMIT_ARGS',
    'SPARK_JAVA_OPT_1',
    'SPARK_SUBMIT_OPTS',
    'SPARK_LOCAL_DIRS',
    'SPARK_APPLICATION_ID',
    'JDK_JAVA_OPTIONS',
    'IBM_JAVA_OPTIONS',
    'SPARK_MASTER_OPTS',
    'SPARK_OPTS_X',
    'A'.repeat(254),
  ],
];
const CONF_NAMES = [
  ...[
    '',
    'spark',
    'spark.',
    'spark.x',
    'x.y',
    'spark.a b',
    'spark.ä',
    'spark.a@b-c_d',
    'spark.auth',
    'spark.authenticate.secret',
    'spark.rpc.x',
  ],
  ...[
    'spark.network.x',
    'spark.ui.port',
    'spark.port.maxRetries',
    'spark.portal',
    'spark.ssl.keyPassword',
    'spark.ssl.ui.keyStore',
    'spark.ssl.enabled',
  ],
  ...[
    'spark.ssl.privateKey',
    'spark.ssl.a.b.keyStore',
    'spark.executorEnv.X',
    'spark.kubernetes.x',
    'spark.driver.extraJavaOptions',
    'spark.driver.extraClassPath',
    'spark.jars',
    'spark.jars.repositories',
    'spark.jarsigner',
    'spark.sql.warehouse.dir',
    'spark.pyspark.driver.python',
  ],
  ...[
    'spark.executor.defaultJavaOptions',
    'spark.redaction.regex',
    'spark.master',
    'spark.submit.x',
    'spark.app.name',
    'spark.app.x',
    'spark.driver.host',
  ],
  ...['spark.hadoop.fs.s3a.secret.key', 'spark.driver.bindAddress', 'spark.sslx', 'spark.app.id'],
];
const FILE_NAMES = ['', '.', '..', '..a', '.a', 'a', 'a.b-c_d', 'a/b', 'a b', 'ä', 'x'.repeat(253), 'x'.repeat(254)];
const TEMPLATES = [
  ...[
    '',
    'a',
    '$',
    '${',
    '${a',
    '${a}',
    '${a/b}x${a/b}',
    '$${a}',
    '$${a}${b}',
    '$$${a}',
    '${}',
    '${a b}',
    '${..}',
    '${a}${',
    'a}b',
    '${a}\n${b}',
    '${a${b}}',
  ],
];

describe('what the page refuses by itself', () => {
  const base: BindingSpec = { storeRef: { name: 'a' }, selector: { applications: ['*'] } };
  const isFine = (spec: Partial<BindingSpec>): boolean => requirements({ ...base, ...spec }).problems.length === 0;

  it('is what the operator refuses, of variables, properties and files', () => {
    for (const name of ENV_NAMES) {
      const own = envNameProblem(name) === undefined;
      expect(own, name).to.equal(isFine({ env: [{ name, key: 'A' }] }) && name.length <= 253);
    }
    for (const name of CONF_NAMES)
      expect(confNameProblem(name) === undefined, name).to.equal(isFine({ sparkConf: [{ name, key: 'A' }] }));
    for (const path of FILE_NAMES)
      expect(fileNameProblem(path) === undefined, path).to.equal(isFine({ files: [{ path, key: 'A' }] }));
  });

  it('is what the operator refuses, of keys', () => {
    const keys = [
      '',
      'a',
      'a/b',
      '/a',
      'a/',
      'a//b',
      '.',
      '..',
      'a/../b',
      'a b',
      'ä',
      'a#b',
      'a.b-c_d',
      'x'.repeat(512),
      'x'.repeat(513),
    ];
    for (const key of keys) expect(keyProblem(key) === undefined, key).to.equal(parseKey(key) !== undefined);
  });

  it('is what the operator refuses, of templates, besides those without a key', () => {
    for (const text of TEMPLATES) {
      const [own, operators] = [templateKeys(text), parseTemplate(text)];
      const expected = 'problem' in operators ? [] : operatorsKeys(operators);
      expect('keys' in own ? own.keys : [], text).to.deep.equal(expected);
    }
  });
});
