// Who may import whom: the rooms of docs/architecture.md. Types count as imports; `import type` of client-node is free.
const room = (name) => `^operator/${name}/`;

/** A room may import from these paths of ours, and from no others. */
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: '^operator/', pathNot: [from, ...allowed] },
});

/** A package may be imported from these paths only. */
const packageOnly = (name, pattern, from, comment) => ({
  name: `package-${name}`,
  comment,
  severity: 'error',
  from: { path: '^operator/', pathNot: from },
  to: { path: `node_modules/${pattern}/`, dependencyTypesNot: ['type-only'] },
});

const api = room('api');
const errors = '^operator/errors[.]ts$';
const telemetry = room('telemetry');
const runtime = room('runtime');
const injection = room('injection');
const reads = '^operator/stores/(store|cache)[.]ts$';

module.exports = {
  forbidden: [
    only(
      'api-knows-no-room',
      api,
      ['^operator/runtime/kube-object[.]ts$'],
      'the API is what everything else stands on',
    ),
    only('injection-is-pure', injection, [api, errors], 'no I/O and no clock in injection'),
    only('runtime-is-general', runtime, [telemetry, errors], 'runtime knows nothing of secrets or Spark'),
    only('telemetry-is-alone', telemetry, [], 'telemetry serves all and knows none'),
    only(
      'controllers',
      '^operator/controllers/',
      [api, injection, reads, runtime, telemetry, errors],
      'see docs/architecture.md',
    ),
    only('webhook', room('webhook'), [api, injection, reads, runtime, telemetry, errors], 'see docs/architecture.md'),
    only('http', room('http'), [api, injection, reads, runtime, telemetry, errors], 'see docs/architecture.md'),
    only(
      'console',
      room('console'),
      [],
      'the page speaks to the API by HTTP, and what serves it knows its files alone',
    ),
    {
      name: 'console-in-the-browser',
      comment: 'what runs in the browser knows neither node nor what serves it',
      severity: 'error',
      from: { path: '^operator/console/app/' },
      to: { pathNot: ['^operator/console/app/', '^node_modules/preact/'] },
    },
    packageOnly('preact', 'preact', ['^operator/console/app/'], 'the page alone is drawn with it'),
    only(
      'stores-core',
      '^operator/stores/[^/]+[.]ts$',
      [api, telemetry, errors, '^operator/stores/'],
      'stores never know the runtime',
    ),
    {
      name: 'store-drivers',
      comment: 'a driver knows the interface and itself: never the runtime, never another driver',
      severity: 'error',
      from: { path: '^operator/stores/([^/]+)/' },
      to: {
        path: '^operator/',
        pathNot: [
          '^operator/stores/$1/',
          '^operator/stores/(store|listing|or-aborted|references|request-budget|addresses|value-limit)[.]ts$',
          api,
          telemetry,
          errors,
        ],
      },
    },
    {
      name: 'controllers-apart',
      comment: 'one controller never imports another',
      severity: 'error',
      from: { path: '^operator/controllers/([^/]+)/' },
      to: { path: '^operator/controllers/', pathNot: '^operator/controllers/$1/' },
    },
    {
      name: 'cli',
      comment:
        'the command asks servers by itself; it explains, and checks the webhook, by what the operator decides with',
      severity: 'error',
      from: { path: '^cli/' },
      to: {
        path: '^operator/',
        pathNot: [
          api,
          injection,
          '^operator/binding-views[.]ts$',
          '^operator/runtime/kube-object[.]ts$',
          '^operator/webhook/(coverage|webhook-configuration|certificate-state)[.]ts$',
        ],
      },
    },
    packageOnly(
      'client-node',
      '@kubernetes/client-node',
      ['^operator/runtime/', '^operator/stores/kubernetes/', '^operator/(compose|main)[.]ts$'],
      'client-node stays in runtime',
    ),
    packageOnly('dot-i', '@dot-i/k8s-operator', ['^operator/runtime/dot-i[.]ts$'], 'one file unwraps dot-i'),
    packageOnly('x509', '@peculiar/x509', ['^operator/webhook/'], 'certificates are made in the webhook room'),
    packageOnly('fastify', 'fastify', ['^operator/(webhook|http)/'], 'HTTP lives at the edge'),
    packageOnly('pino', 'pino', ['^operator/telemetry/'], 'the logger is made in one place'),
    packageOnly('prom-client', 'prom-client', ['^operator/telemetry/'], 'metrics are made in one place'),
    packageOnly('node-vault', 'node-vault', ['^operator/stores/vault/'], 'Vault is spoken to by its driver alone'),
    packageOnly('knex', '(knex|pg)', ['^operator/stores/database/'], 'SQL is spoken by its driver alone'),
    packageOnly('undici', 'undici', ['^operator/runtime/'], 'connections are made in runtime'),
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'not-from-tests',
      comment: 'what ships does not need tests or tools',
      severity: 'error',
      from: { path: '^operator/' },
      to: { path: '^(test|tools|deploy|cli)/' },
    },
    {
      name: 'no-dev-packages',
      severity: 'error',
      from: { path: '^(operator|cli)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '[.](json|yaml)$' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'],
    },
  },
};
