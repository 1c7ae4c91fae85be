#!/usr/bin/env bash
# Fetches a Consul agent for the tests into a cache directory and prints where it is. Nothing is installed: Debian 11
# is the last release that has Consul, and its mirrors still carry the package; apt checks its signature.
# CONSUL_BIN, or a consul on the PATH, is taken instead. HALYARD_CACHE names another cache directory.
set -euo pipefail

if [ -n "${CONSUL_BIN:-}" ]; then
  echo "$CONSUL_BIN"
  exit
fi
if command -v consul; then exit; fi

cache="${HALYARD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/halyard}/consul"
if [ -x "$cache/consul" ]; then
  echo "$cache/consul"
  exit
fi

scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/lists/partial" "$scratch/cache/archives/partial"
touch "$scratch/status"
keys=/usr/share/keyrings/debian-archive-keyring.gpg
for mirror in "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" http://archive.debian.org/debian; do
  echo "deb [signed-by=$keys] $mirror bullseye main" >"$scratch/sources.list"
  apt=(apt-get -qq
    -o "Dir::Etc::sourcelist=$scratch/sources.list" -o Dir::Etc::sourceparts=-
    -o "Dir::State::lists=$scratch/lists" -o "Dir::State::status=$scratch/status"
    -o "Dir::Cache=$scratch/cache" -o APT::Sandbox::User=root
    -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false)
  if (cd "$scratch" && "${apt[@]}" update && "${apt[@]}" download consul) >&2; then
    dpkg-deb -x "$scratch"/consul_*.deb "$scratch/root"
    mkdir -p "$cache"
    # In one step, so that another process finds a whole file or none.
    cp "$scratch/root/usr/bin/consul" "$cache/consul.$$"
    mv "$cache/consul.$$" "$cache/consul"
    echo "$cache/consul"
    exit
  fi
done
echo 'no Debian mirror had the package' >&2
exit 1
