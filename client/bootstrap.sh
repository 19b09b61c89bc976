#!/bin/sh
# Registers this machine with the Headwater server that handed this out:
#     curl -sS URL/pub/bootstrap.sh | sh -s -- --key KEY [--takeover] [--name NAME] [--force]
# Installs or checks the client packages and /usr/bin/osms, which does the rest and undoes it (`osms unregister`).

# Filled in by the server: its URL, and the certificate that its own is signed with, if it has made that itself.
server='@SERVER@'
ca='@CA@'

say() { printf '%s\n' "$*"; }
fail() {
  printf 'bootstrap: %s\n' "$*" >&2
  exit 1
}

# Called by the last line, so that nothing runs of a download that was cut off.
main() {
  root=${OSMS_ROOT-}
  key=${OSMS_KEY-}
  # The key goes on in the environment, which only root can read, and not in arguments.
  count=$#
  while [ "$count" -gt 0 ]; do
    case $1 in
      --key | --root)
        [ "$count" -gt 1 ] || fail "$1 needs a value"
        if [ "$1" = --key ]; then key=$2; else root=${2%/}; fi
        shift
        count=$((count - 1))
        ;;
      --key=*) key=${1#*=} ;;
      --root=*) root=${1#*=} ;;
      *) set -- "$@" "$1" ;;
    esac
    shift
    count=$((count - 1))
  done
  [ -n "$key" ] || fail 'which registration key? sh -s -- --key KEY'
  [ -n "$root" ] || [ "$(id -u)" = 0 ] || fail 'must be run as root'
  command -v curl >/dev/null 2>&1 || fail 'there is no curl'
  find_release
  install_clients
  work=$(mktemp -d) || fail 'no temporary folder can be made'
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' HUP INT TERM
  if [ -n "$ca" ]; then
    printf '%s\n' "$ca" >"$work/ca"
    set -- "$@" --ca "$work/ca"
  fi
  install_osms
  OSMS_ROOT=$root OSMS_KEY=$key "$osms" register "$@" --server "$server" </dev/null
}

# Which release this is, and what installs packages here.
find_release() {
  text=$(cat "$root/etc/oracle-release" "$root/etc/redhat-release" 2>/dev/null)
  release=$(printf '%s\n' "$text" | sed -n 's/.*release \([0-9]*\).*/\1/p' | head -n 1)
  if [ -z "$release" ] && [ -f "$root/etc/os-release" ]; then
    release=$(sed -n 's/^VERSION_ID="\{0,1\}\([0-9]*\).*/\1/p' "$root/etc/os-release")
  fi
  case $release in
    6 | 7) manager=yum plugin=yum-rhn-plugin ;;
    8) manager=dnf plugin=dnf-plugin-spacewalk ;;
    '') fail 'this is no Oracle Linux, nor one of its relatives' ;;
    *) fail "release $release has no such clients: use a .repo file, as $server/ shows" ;;
  esac
  command -v "$manager" >/dev/null 2>&1 || manager=yum
  command -v "$manager" >/dev/null 2>&1 || fail 'there is neither dnf nor yum'
}

install_clients() {
  missing=
  for package in rhn-client-tools rhn-check rhn-setup "$plugin"; do
    has "$package" || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  say "installing$missing"
  # shellcheck disable=SC2086 # names without blanks
  "$manager" -y install $missing </dev/null || fail "cannot install$missing: enable a source that has them"
}

# Whether a package, or one that Oracle made of it, is here: a fork counts by the program or plugin that it has.
has() {
  rpm -q --quiet --whatprovides "$1" >/dev/null 2>&1 && return
  case $1 in
    rhn-client-tools) [ -f "$root/etc/sysconfig/rhn/up2date" ] && command -v rhn-profile-sync >/dev/null 2>&1 ;;
    rhn-check) command -v rhn_check >/dev/null 2>&1 ;;
    rhn-setup) command -v rhnreg_ks >/dev/null 2>&1 ;;
    yum-rhn-plugin) [ -f "$root/usr/share/yum-plugins/osmsplugin.py" ] || [ -f "$root/usr/lib/yum-plugins/osmsplugin.py" ] ;;
    *)
      for file in "$root"/usr/lib*/python3*/site-packages/dnf-plugins/osmsplugin.py; do
        [ -f "$file" ] && return
      done
      return 1
      ;;
  esac
}

install_osms() {
  osms=$root/usr/bin/osms
  # Some package's own stays.
  if [ -e "$osms" ] && rpm -qf "$osms" >/dev/null 2>&1; then
    osms=$root/usr/local/bin/osms
    say "/usr/bin/osms belongs to a package: this server's is $osms"
  fi
  mkdir -p "${osms%/*}" || fail "cannot write to ${osms%/*}"
  set -- --silent --show-error --fail --connect-timeout 15 --max-time 120
  [ -z "$ca" ] || set -- "$@" --cacert "$work/ca"
  curl "$@" -o "$osms.osms-new" "$server/pub/osms" || fail "cannot fetch $server/pub/osms"
  { chmod 755 "$osms.osms-new" && mv -f "$osms.osms-new" "$osms"; } || fail "cannot write $osms"
}

main "$@"
