import { helm } from './helm.ts';
import { CHART, NAME, NAMESPACE, NAMESPACE_TEXT } from './release.ts';

const head = `# Generated from deploy/chart by npm run generate: do not edit.
#
# Install:    kubectl apply -f install.yaml
# Uninstall:  kubectl delete mutatingwebhookconfiguration ${NAME}
#             kubectl delete namespace ${NAMESPACE}
#             kubectl delete clusterrole,clusterrolebinding --selector app.kubernetes.io/instance=${NAME}
# The first line comes first, so that no Spark driver is refused while the operator goes away. Not "kubectl delete -f":
# that deletes the custom resource definitions, and with them every store and binding in the cluster.
${NAMESPACE_TEXT}`;

/**
 * The text of deploy/manifests/install.yaml: the chart with its default values, for who does not use Helm, and the
 * namespace for it.
 *
 * @throws Error with helm's message when the chart cannot be rendered
 */
export async function renderInstall(): Promise<string> {
  const rendered = await helm('template', NAME, CHART, '--namespace', NAMESPACE, '--include-crds', '--skip-tests');
  // Nothing here is Helm's when kubectl applies it: a later "helm install" must not take it for a release of its own.
  const ours = rendered.replaceAll(
    /^ +(?:helm\.sh\/chart|app\.kubernetes\.io\/managed-by): .*\n|^# Source: .*\n/gm,
    '',
  );
  return `${head}${ours.replaceAll('\n\n---\n', '\n---\n').trimEnd()}\n`;
}
