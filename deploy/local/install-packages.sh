#!/bin/sh
# Installs Debian packages; no service is started or enabled for it, and nothing is removed. Run by packages.ts as root.
#   install-packages.sh POLICY PACKAGE...
# POLICY is /usr/sbin/policy-rc.d, the file in which Debian's packages look whether they may start their services; an owner's
# own stays as it is. Its folder is locked: the first of two installations to end would take the file from the other.
policy=$1
shift
ours='# written by spark-secrets-operator for one installation'
exec 9<"$(dirname "$policy")"
flock 9 || exit 1
if [ ! -e "$policy" ] || grep -qxF "$ours" "$policy"; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' INT TERM HUP
  printf '#!/bin/sh\n%s\nexit 101\n' "$ours" > "$policy"
  chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
# The lock is not for what a package might start.
install() { apt-get -qq -o DPkg::Lock::Timeout=600 install --yes --no-install-recommends --no-remove "$@" 9<&-; }
enabled() { systemctl list-unit-files --state=enabled --no-legend 2>/dev/null; }
# Where systemd itself is new, or does not answer, nothing tells what an installation enabled.
before=$(enabled) && known=yes || known=no
# One try without an update first: with fresh lists that is all it takes.
install "$@" >/dev/null 2>&1 || { apt-get -qq update && install "$@"; } || exit 1
[ $known = yes ] || exit 0
before=$(echo "$before" | cut -d ' ' -f 1)
for unit in $(enabled | cut -d ' ' -f 1); do
  echo "$before" | grep -qxF -e "$unit" || systemctl disable --quiet "$unit" || exit 1
done
exit 0
