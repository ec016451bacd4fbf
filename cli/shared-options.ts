import type { Options } from './command.ts';

const CONNECTION = 'Connection';
const STORE = 'Which store';

/** Which cluster. */
export const CLUSTER_OPTIONS = {
  kubeconfig: {
    type: 'string',
    value: 'FILE',
    about: 'by default KUBECONFIG, then ~/.kube/config',
    section: CONNECTION,
  },
  context: { type: 'string', value: 'NAME', about: 'context of the kubeconfig', section: CONNECTION },
} as const satisfies Options;

/** Where the operator's API is, and whose token is sent. */
export const CONNECTION_OPTIONS = {
  ...CLUSTER_OPTIONS,
  'operator-namespace': {
    type: 'string',
    value: 'NAME',
    section: CONNECTION,
    env: 'SPARK_SECRETS_OPERATOR_NAMESPACE',
    about: 'where the operator is installed; by default spark-secrets-system',
  },
  server: {
    type: 'string',
    value: 'URL',
    section: CONNECTION,
    env: 'SPARK_SECRETS_SERVER',
    about: 'https://HOST:PORT of the API; by default a port is forwarded to a pod of the operator',
  },
  'ca-file': {
    type: 'string',
    value: 'FILE',
    section: CONNECTION,
    env: 'SPARK_SECRETS_CA_FILE',
    about: 'certificates (PEM) to verify the API with',
  },
  'tls-server-name': {
    type: 'string',
    value: 'NAME',
    section: CONNECTION,
    env: 'SPARK_SECRETS_TLS_SERVER_NAME',
    about: "the name in the API's certificate, where it is not the URL's",
  },
  'token-file': {
    type: 'string',
    value: 'FILE',
    section: CONNECTION,
    about: 'token of the cluster to send; by default SPARK_SECRETS_TOKEN, then the kubeconfig user’s',
  },
  'as-account': {
    type: 'string',
    value: 'NAMESPACE/NAME',
    section: CONNECTION,
    about: 'a ServiceAccount to ask a token for, which lasts an hour',
  },
} as const satisfies Options;

/** Which store, and in whose name. */
export const STORE_OPTIONS = {
  store: {
    type: 'string',
    short: 's',
    value: '[NAMESPACE/]NAME',
    section: STORE,
    env: 'SPARK_SECRETS_STORE',
    about: 'by default the only one that you see',
  },
  namespace: {
    type: 'string',
    short: 'n',
    value: 'NAME',
    section: STORE,
    about: 'of a store that is given without; by default the context’s',
  },
  consumer: {
    type: 'string',
    value: 'NAMESPACE',
    section: STORE,
    about: 'ask in the name of a namespace that the store grants keys to: only those are then seen',
  },
} as const satisfies Options;

/** How the result is written. */
export const OUTPUT_OPTIONS = {
  output: {
    type: 'string',
    short: 'o',
    value: 'FORMAT',
    choices: ['table', 'json', 'yaml'],
    about: 'table (default), json or yaml',
  },
} as const satisfies Options;
