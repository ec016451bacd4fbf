import { parseAllDocuments } from 'yaml';

import { helm } from './helm.ts';
import { CHART, NAME, NAMESPACE, NAMESPACE_TEXT } from './release.ts';
import { merged, rulesOnKinds, rulesOnObjects, type Manifest, type Rule } from './rules.ts';

const role = 'spark-secrets-installer';
const group = 'spark-secrets-installers';
const RBAC = 'rbac.authorization.k8s.io';

/** What everything that the chart can make is switched on by; a list of namespaces keeps apart what is granted in each. */
const everything = [
  'secretStore.type=kubernetes',
  'namespaces={watched}',
  'finalStateGuard.enabled=true',
  'networkPolicy.enabled=true',
  'ingress.enabled=true',
  'ingress.hosts={secrets.example.com}',
  'metrics.prometheusRule.enabled=true',
  'metrics.dashboard.enabled=true',
];
/** What excludes each other. */
const variants = [
  ['metrics.podMonitor.enabled=true'],
  ['metrics.serviceMonitor.enabled=true', 'apart.enabled=true', 'certificates.certManager.enabled=true'],
];

/** A role of the installer, and its binding. */
interface Part {
  readonly suffix?: string;
  readonly about: string;
  /** Of the release's namespace. */
  readonly isLocal?: boolean;
  readonly isUnbound?: boolean;
  readonly rules: readonly { readonly why: string; readonly rules: readonly Rule[] }[];
}

/** Verbs of Helm on objects of a release: it watches all of a kind until they are ready, and names each otherwise. */
const [OF_KIND, OF_ONE] = [
  ['create', 'list', 'watch'],
  ['get', 'patch', 'delete'],
];

const head = `# Generated from deploy/chart by npm run generate: do not edit.
#
# Who may install, upgrade and remove the operator with Helm, and which rights that takes, no more: docs/install.md. A cluster
# administrator applies it, once, and again before an upgrade to a chart with another such file:
#
#     sed s/${group}/GROUP/ installer.yaml | kubectl apply -f -
#
# GROUP is who installs. ServiceAccounts of a namespace, a pipeline's for example, are system:serviceaccounts:NAMESPACE. For
# another namespace or release put other names in place of ${NAMESPACE} and ${NAME}.
#
# Kubernetes lets nobody grant what they don't have. So each role ends with what the chart grants, to the operator and to
# people; the reasons are in install.yaml. The other way, the verb "escalate" on roles, would let an installer grant anything.
# To have these rights is no more than to make the operator's pods: whoever does that can act as the operator.
${NAMESPACE_TEXT}`;

/**
 * The text of deploy/manifests/installer.yaml: the least rights with which Helm installs, upgrades and removes the chart.
 * Kinds, names, and what the chart grants, are read from the chart, so that they are never out of step.
 *
 * @throws Error with helm's message when the chart cannot be rendered
 */
export async function renderInstaller(): Promise<string> {
  const renderings = await Promise.all(variants.map((variant) => objectsOf([...everything, ...variant])));
  const objects = new Map(renderings.flat().map((object) => [JSON.stringify(object), object]));
  return `${head}${parts([...objects.values()])
    .map(textOf)
    .join('')}`;
}

/** As for an upgrade: there then is the Job that updates definitions. */
async function objectsOf(values: readonly string[]): Promise<readonly Manifest[]> {
  const sets = values.flatMap((value) => ['--set', value]);
  const how = ['--namespace', NAMESPACE, '--is-upgrade', '--include-crds'];
  const text = await helm('template', NAME, CHART, ...how, ...sets);
  return parseAllDocuments(text).flatMap((document) => (document.toJS() as Manifest | null) ?? []);
}

function parts(objects: readonly Manifest[]): readonly Part[] {
  const inCluster = objects.filter(({ metadata }) => metadata.namespace === undefined);
  const inHome = objects.filter(({ metadata }) => metadata.namespace === NAMESPACE);
  const watched = objects.filter(({ kind, metadata }) => kind.startsWith('Role') && metadata.name.endsWith('-watched'));
  const definitions = inCluster.filter(({ kind }) => kind === 'CustomResourceDefinition');
  const updates = inCluster.filter(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name.endsWith('-crds'));
  const guard = inCluster.filter(({ kind }) => kind.startsWith('ValidatingAdmissionPolicy'));
  const others = inCluster.filter((one) => !definitions.includes(one) && !guard.includes(one));
  return [
    {
      about: 'What belongs to no namespace.',
      rules: [
        ...ofObjects(others),
        { why: 'Looks whether the definitions are the chart’s.', rules: rulesOnObjects(definitions, ['get']) },
        { why: GRANTS, rules: rulesOf(others.filter((one) => !updates.includes(one))) },
      ],
    },
    { suffix: '-watched', about: WATCHED, rules: [{ why: GRANTS, rules: rulesOf(watched) }] },
    { suffix: '-listed', about: LISTED, isUnbound: true, rules: ofObjects(watched) },
    {
      suffix: '-definitions',
      about: DEFINITIONS,
      // Helm never removes one.
      rules: [...ofObjects(definitions, ['get', 'patch']), { why: GRANTS, rules: rulesOf(updates) }],
    },
    { suffix: '-guard', about: 'With finalStateGuard.enabled.', rules: ofObjects(guard) },
    {
      about: `In ${NAMESPACE}.`,
      isLocal: true,
      rules: [
        ...OF_HELM,
        {
          why: 'Makes, changes and removes what the release has here.',
          rules: rulesOnKinds(inHome, [...OF_KIND, ...OF_ONE]),
        },
        { why: GRANTS, rules: rulesOf(inHome.filter((one) => !watched.includes(one))) },
      ],
    },
  ];
}

const GRANTS = 'Grants this.';
const WATCHED = `What the operator may do in each namespace that it watches. With a list of namespaces: by a RoleBinding in each of them,
# and in ${NAMESPACE}, instead of this ClusterRoleBinding.`;
const LISTED = 'The operator’s Role in a namespace of a list: by a RoleBinding in each of them.';
const DEFINITIONS = `The custom resource definitions. Not with crds.upgrade=false and --skip-crds, when somebody else applies those of
# deploy/chart/crds.`;

/** What Helm does in the release's namespace, whatever is in the chart. */
const OF_HELM: Part['rules'] = [
  {
    why: 'Keeps the release, values included, in Secrets sh.helm.release.v1.…, which no rule can name beforehand.',
    rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'create', 'update', 'delete'] }],
  },
  {
    why: 'Waits for the pods of a Deployment, and shows what helm test and a Job that failed wrote.',
    rules: [
      { apiGroups: ['apps'], resources: ['replicasets'], verbs: ['list'] },
      { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
    ],
  },
];

function ofObjects(objects: readonly Manifest[], verbs = OF_ONE): Part['rules'] {
  return [
    {
      why: 'Makes these objects and waits for them: neither can be narrowed to a name.',
      rules: rulesOnKinds(objects, OF_KIND),
    },
    { why: 'Changes and removes its own.', rules: rulesOnObjects(objects, verbs) },
  ];
}

function rulesOf(roles: readonly Manifest[]): readonly Rule[] {
  return roles.flatMap(({ rules = [] }) => rules);
}

function textOf({ suffix = '', about, isLocal = false, isUnbound = false, rules }: Part): string {
  let before: readonly Rule[] = [];
  const texts = rules.map(({ why, rules: all }) => {
    const more = merged(all, before);
    before = [...before, ...more];
    return more.length === 0 ? '' : `  # ${why}\n${more.map(ruleText).join('')}`;
  });
  const kind = isLocal ? 'Role' : 'ClusterRole';
  const metadata = `metadata:\n  name: ${role}${suffix}\n${isLocal ? `  namespace: ${NAMESPACE}\n` : ''}`;
  const roleText = `---\n# ${about}\napiVersion: ${RBAC}/v1\nkind: ${kind}\n${metadata}rules:\n${texts.join('')}`;
  return isUnbound
    ? roleText
    : `${roleText}---
apiVersion: ${RBAC}/v1
kind: ${kind}Binding
${metadata}roleRef:
  apiGroup: ${RBAC}
  kind: ${kind}
  name: ${role}${suffix}
subjects:
  - {apiGroup: ${RBAC}, kind: Group, name: ${group}}
`;
}

function ruleText({ apiGroups, resources, resourceNames = [], verbs }: Rule): string {
  const list = (texts: readonly string[]): string => `[${texts.map((text) => (text === '' ? "''" : text)).join(', ')}]`;
  const names =
    resourceNames.length === 0 ? '' : `    resourceNames:\n${resourceNames.map((one) => `      - ${one}\n`).join('')}`;
  return `  - apiGroups: ${list(apiGroups)}\n    resources: ${list(resources)}\n${names}    verbs: ${list(verbs)}\n`;
}
