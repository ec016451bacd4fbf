import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from './layout.ts';
import { podRange } from './subnet.ts';

/** How containerd keeps the files of containers: overlayfs, or copies where overlayfs cannot be stacked. */
export type Snapshotter = 'overlayfs' | 'native';

/** The address of the cluster's DNS, in the range of Services. */
export const dnsAddress = '10.96.0.10';

/** The cluster's configuration files, by their path below the state folder. */
export function configFiles(layout: Layout, pauseImage: string, snapshotter: Snapshotter): ReadonlyMap<string, string> {
  const { subnet } = layout;
  return new Map([
    ['config/containerd.toml', containerd(layout, pauseImage, snapshotter)],
    ['config/kubelet.json', JSON.stringify(kubelet(layout))],
    ['config/kube-proxy.json', JSON.stringify(kubeProxy(layout))],
    ['config/Corefile', corefile(layout)],
    ['config/cni/10-pods.conflist', JSON.stringify(cni(layout))],
    ['config/resolv.conf', `nameserver ${subnet.nodeAddress}\n`],
    ...[...kernelSettings].map(([name, value]): [string, string] => [`config/kernel/${name}`, `${value}\n`]),
  ]);
}

/**
 * Settings of the kernel, below /proc/sys, that the kubelet would change for the whole machine. Inside of the cluster's
 * namespaces these files lie over the real ones: the kubelet finds what it wants and writes nothing.
 */
export const kernelSettings: ReadonlyMap<string, string> = new Map([
  ['vm/overcommit_memory', '1'],
  ['vm/panic_on_oom', '0'],
  ['kernel/panic', '10'],
  ['kernel/panic_on_oops', '1'],
  ['kernel/keys/root_maxkeys', '1000000'],
  ['kernel/keys/root_maxbytes', '25000000'],
]);

/** A kubeconfig for one of the certificates of writePki. */
export async function kubeconfig({ state, subnet, name }: Layout, user: string): Promise<string> {
  const base64 = async (file: string): Promise<string> => (await readFile(join(state, 'pki', file))).toString('base64');
  const server = `https://${subnet.nodeAddress}:6443`;
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': await base64('ca.crt') } }],
    users: [
      {
        name: user,
        user: {
          'client-certificate-data': await base64(`${user}.crt`),
          'client-key-data': await base64(`${user}.key`),
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user } }],
    'current-context': name,
  });
}

/** The Service and the endpoints under which pods find the DNS server, which is no pod itself. */
export function dnsObjects({ subnet }: Layout): string {
  const ports = [
    { name: 'dns', port: 53, protocol: 'UDP' },
    { name: 'dns-tcp', port: 53, protocol: 'TCP' },
  ];
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kube-dns', namespace: 'kube-system' },
    spec: { clusterIP: dnsAddress, ports },
  };
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'kube-dns', namespace: 'kube-system', labels: { 'kubernetes.io/service-name': 'kube-dns' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [subnet.nodeAddress], conditions: { ready: true } }],
    ports,
  };
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [service, slice] });
}

function containerd({ state, socket }: Layout, pauseImage: string, snapshotter: Snapshotter): string {
  // restrict_oom_score_adj: without CAP_SYS_RESOURCE no sandbox would start. disable_apparmor: a profile would be loaded
  // into the host's kernel and stay there. opt: containerd makes /opt/containerd otherwise.
  return `version = 2
root = "${state}/containerd"
state = "/run/containerd"
[grpc]
  address = "${socket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${state}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "${snapshotter}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${state}/config/cni"
`;
}

function kubelet({ state, cgroup, socket }: Layout): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: `${state}/pki/ca.crt` },
    },
    authorization: { mode: 'Webhook' },
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    failCgroupV1: false,
    failSwapOn: false,
    clusterDNS: [dnsAddress],
    clusterDomain: 'cluster.local',
    tlsCertFile: `${state}/pki/node.crt`,
    tlsPrivateKeyFile: `${state}/pki/node.key`,
    containerRuntimeEndpoint: `unix://${socket}`,
    resolvConf: `${state}/config/resolv.conf`,
    volumePluginDir: `${state}/kubelet/plugins-exec`,
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    // At 85 % disk use, the default, the kubelet would remove images that cannot be pulled again, the pause image first.
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    maxPods: 250,
    registryPullQPS: 0,
    // Between a changed Secret and the files of a running pod lies at most this; the default is a minute.
    syncFrequency: '5s',
    configMapAndSecretChangeDetectionStrategy: 'Watch',
  };
}

function kubeProxy({ state }: Layout): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    clientConnection: { kubeconfig: `${state}/proxy.kubeconfig` },
    clusterCIDR: podRange,
    hostnameOverride: 'node',
    // The table's size is the whole machine's.
    conntrack: { maxPerCore: 0 },
    iptables: { minSyncPeriod: '0s' },
  };
}

/** ptp rather than bridge: every packet between pods is routed, so Services need no bridge module that a kernel may lack. */
function cni({ state }: Layout): object {
  const ipam = {
    type: 'host-local',
    dataDir: `${state}/cni`,
    ranges: [[{ subnet: podRange }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  return {
    cniVersion: '0.4.0',
    name: 'pods',
    plugins: [
      { type: 'ptp', ipMasq: true, ipam },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}

function corefile({ subnet, kubeconfig: admin }: Layout): string {
  return `.:53 {
  bind ${subnet.nodeAddress}
  errors
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${admin}
  }
  cache 5
}
`;
}
