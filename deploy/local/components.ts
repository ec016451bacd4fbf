import type { Layout } from './layout.ts';
import { serviceRange } from './subnet.ts';

/** The parts of a cluster, each with a log file of its name. */
export type Component =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'containerd'
  | 'kubelet'
  | 'kube-proxy'
  | 'coredns';

/** The command line of every part. They run inside the cluster's namespaces, so the ports are theirs alone. */
export function commands(layout: Layout): Readonly<Record<Component, readonly string[]>> {
  const { state, subnet } = layout;
  const pki = `${state}/pki`;
  const config = `${state}/config`;
  return {
    etcd: flags('etcd', {
      'data-dir': `${state}/etcd`,
      'listen-client-urls': 'http://127.0.0.1:2379',
      'advertise-client-urls': 'http://127.0.0.1:2379',
      'listen-peer-urls': 'http://127.0.0.1:2380',
      'log-level': 'warn',
      // Nothing outlives the cluster, so nothing need survive a power cut.
      'unsafe-no-fsync': 'true',
    }),
    'kube-apiserver': apiserver(layout),
    'kube-controller-manager': flags('kube-controller-manager', {
      kubeconfig: `${state}/controllers.kubeconfig`,
      'service-account-private-key-file': `${pki}/sa.key`,
      'root-ca-file': `${pki}/ca.crt`,
      'use-service-account-credentials': 'true',
      'cluster-signing-cert-file': `${pki}/ca.crt`,
      'cluster-signing-key-file': `${pki}/ca.key`,
      'leader-elect': 'false',
      controllers: '*,-nodeipam',
      // Its default lies outside of the state folder, and would be made there.
      'flex-volume-plugin-dir': `${state}/kubelet/plugins-exec`,
      ...fast,
    }),
    'kube-scheduler': flags('kube-scheduler', {
      kubeconfig: `${state}/scheduler.kubeconfig`,
      'leader-elect': 'false',
      ...fast,
    }),
    containerd: ['containerd', '--config', `${config}/containerd.toml`],
    kubelet: flags('kubelet', {
      config: `${config}/kubelet.json`,
      kubeconfig: `${state}/node.kubeconfig`,
      'hostname-override': 'node',
      'node-ip': subnet.nodeAddress,
      'root-dir': `${state}/kubelet`,
    }),
    'kube-proxy': flags('kube-proxy', { config: `${config}/kube-proxy.json` }),
    coredns: ['coredns', '-conf', `${config}/Corefile`],
  };
}

/** One node has no need to spare its API server; the defaults are for thousands. */
const fast = { 'kube-api-qps': '200', 'kube-api-burst': '400' };

function apiserver({ state, subnet }: Layout): string[] {
  const pki = `${state}/pki`;
  return flags('kube-apiserver', {
    'etcd-servers': 'http://127.0.0.1:2379',
    'advertise-address': subnet.nodeAddress,
    'secure-port': '6443',
    'service-cluster-ip-range': serviceRange,
    'client-ca-file': `${pki}/ca.crt`,
    'tls-cert-file': `${pki}/apiserver.crt`,
    'tls-private-key-file': `${pki}/apiserver.key`,
    'service-account-key-file': `${pki}/sa.pub`,
    'service-account-signing-key-file': `${pki}/sa.key`,
    'service-account-issuer': 'https://kubernetes.default.svc.cluster.local',
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': 'NodeRestriction,MutatingAdmissionWebhook,ValidatingAdmissionWebhook,PodSecurity',
    'allow-privileged': 'true',
    'kubelet-client-certificate': `${pki}/kubelet-client.crt`,
    'kubelet-client-key': `${pki}/kubelet-client.key`,
    'kubelet-certificate-authority': `${pki}/ca.crt`,
    // The node's name resolves nowhere.
    'kubelet-preferred-address-types': 'InternalIP',
  });
}

function flags(program: string, values: Readonly<Record<string, string>>): string[] {
  return [program, ...Object.entries(values).map(([name, value]) => `--${name}=${value}`)];
}
