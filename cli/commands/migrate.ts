import { command, type Values } from '../command.ts';
import { objectsOf } from '../explain/files.ts';
import type { Io } from '../io.ts';
import { translateExternalSecrets } from '../migrate/external-secrets/translate.ts';
import { translateIomete } from '../migrate/iomete.ts';
import type { StoreName } from '../migrate/objects.ts';
import { listOf, selectorOf } from '../migrate/selector.ts';
import { writeTranslation } from '../migrate/translation.ts';
import { UsageProblem } from '../problem.ts';
import type { Fields } from '../../operator/injection/explain/shape.ts';

const EXTERNAL_SECRETS = 'For external-secrets';
const IOMETE = 'For iomete';

const OPTIONS = {
  file: { type: 'string', short: 'f', value: 'FILE', about: 'what to translate, - for standard input' },
  namespace: {
    type: 'string',
    short: 'n',
    value: 'NAME',
    about: "of bindings, and of objects that don't say theirs; by default it is not said",
  },
  application: {
    type: 'string',
    value: 'NAME[,NAME...]',
    about: 'the Spark applications that get the values; globs such as orders-* too',
  },
  label: { type: 'string', value: 'KEY=VALUE[,...]', about: 'labels of the driver pods that get them' },
  store: {
    type: 'string',
    short: 's',
    value: '[NAMESPACE/]NAME',
    about: 'the SecretStoreConfig for values that have to be copied; for iomete: with the keys of its stores',
  },
  'allow-partial': { type: 'boolean', about: 'exit with 0 also when something was not translated' },
  'store-namespace': {
    type: 'string',
    value: 'NAME',
    section: EXTERNAL_SECRETS,
    about: 'where a ClusterSecretStore goes; by default where its credentials are',
  },
  deliver: {
    type: 'string',
    value: 'HOW',
    choices: ['env', 'files'],
    section: EXTERNAL_SECRETS,
    about: 'env (default): variables, and files for what can be no variable; or files',
  },
  domain: {
    type: 'string',
    value: 'NAME',
    section: IOMETE,
    about: "the jobs' domain, when keys are in groups named after domains (import --from-iomete)",
  },
  'vault-store': {
    type: 'string',
    value: 'ID=[NAMESPACE/]NAME[,...]',
    section: IOMETE,
    about: 'the SecretStoreConfigs with the keys of Vault integrations',
  },
} as const;

type MigrateValues = Values<typeof OPTIONS>;

export const migrate = command({
  name: 'migrate',
  summary: 'SecretStoreConfigs and bindings from External Secrets and IOMETE',
  operands: 'external-secrets|iomete',
  about: `Translates what another system was told into SecretStoreConfigs and SparkJobSecretBindings: YAML on standard output,
to be read and applied. All that does not translate is named, on top of the YAML and on standard error, with what to do;
then the exit code is 3. It asks no cluster, and sees no value.

external-secrets: manifests of ExternalSecret (v1, v1beta1) with their SecretStores and ClusterSecretStores (providers
Vault and Kubernetes; values of others are copied).
iomete: payloads of IOMETE's API for Spark jobs, compute and notebooks, JSON or YAML: \${secrets.KEY} and secretObject.`,
  options: OPTIONS,
  examples: [
    ["migrate external-secrets -f eso.yaml --application 'orders-*'", 'for the jobs of a team'],
    ['migrate external-secrets -f - --label team=orders -s platform/vault', 'kubectl get -o yaml before the pipe'],
    ['migrate iomete -f job.json -n analytics -s platform/default', 'for the job that the file describes'],
  ],
  run: async ({ values, operands, io }) => {
    const selector = selectorOf(values.application, values.label);
    const objects = await sourceOf(values, io);
    const translation =
      operands[0] === 'iomete'
        ? translateIomete(objects, {
            namespace: values.namespace,
            store: iometeStore(values),
            vaultStores: vaultStoresOf(values['vault-store']),
            domain: values.domain,
            selector,
          })
        : translateExternalSecrets(objects, {
            namespace: values.namespace,
            selector: selector ?? noSelector(),
            delivery: values.deliver,
            copyTo: values.store === undefined ? undefined : storeName(values.store, '--store'),
            storeNamespace: values['store-namespace'],
          });
    return writeTranslation(translation, values['allow-partial'] === true, io);
  },
});

function sourceOf({ file }: MigrateValues, io: Io): Promise<readonly Fields[]> {
  if (file === undefined) throw new UsageProblem('say what to translate: -f FILE, or -f - for standard input');
  return objectsOf(file, io);
}

function noSelector(): never {
  throw new UsageProblem(
    'say which Spark applications get the values: --application NAME or --label KEY=VALUE; an ExternalSecret does not tell',
  );
}

function iometeStore({ store }: MigrateValues): StoreName {
  if (store === undefined) throw new UsageProblem("say which store has the keys of IOMETE's: --store [NAMESPACE/]NAME");
  return storeName(store, '--store');
}

function vaultStoresOf(option: string | undefined): ReadonlyMap<string, StoreName> {
  return new Map(
    listOf(option).map((pair) => {
      const [id = '', name = '', ...rest] = pair.split('=');
      if (id === '' || name === '' || rest.length > 0)
        throw new UsageProblem('--vault-store is ID=[NAMESPACE/]NAME[,ID=...]');
      return [id, storeName(name, '--vault-store')];
    }),
  );
}

function storeName(text: string, option: string): StoreName {
  const parts = text.split('/');
  const [namespace, name] = parts.length === 1 ? [undefined, parts[0]] : parts;
  if (parts.length > 2 || !name || namespace === '') throw new UsageProblem(`${option} is [NAMESPACE/]NAME`);
  return { name, namespace };
}
