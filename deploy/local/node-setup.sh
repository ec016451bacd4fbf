#!/bin/sh
# Makes the inside of a cluster's namespaces a node of its own. Run by node.ts in the namespaces, once.
#   node-setup.sh STATE NODE_ADDRESS HOST_ADDRESS KERNEL_SETTING...
set -eu
state=$1 node=$2 host=$3
shift 3

hostname node
ip link set lo up
ip address add "$node/30" dev eth0
ip link set eth0 up
ip route add default via "$host"

# What Kubernetes keeps at fixed places must not reach the host's.
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/containerd /run/netns /run/lock
for folder in lib log; do
  mkdir -p "$state/var/$folder"
  mount --bind "$state/var/$folder" "/var/$folder"
done
for setting in "$@"; do
  if [ -e "/proc/sys/$setting" ]; then mount --bind "$state/config/kernel/$setting" "/proc/sys/$setting"; fi
done
echo 1 > /proc/sys/net/ipv4/ip_forward
