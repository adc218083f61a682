#!/usr/bin/env bash
# Installs and builds what the peers need: Debian packages, npm packages into build/peers, and the
# C++ programs. Quick when there is nothing to do; fails where something cannot be had.
set -euo pipefail
cd "$(dirname "$0")/../.."

packages=(libgrpc++-dev libprotobuf-dev pkg-config g++ make redis-server postgresql)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
    missing+=("$package")
done
if ((${#missing[@]} > 0)); then
  as_root=()
  [[ $(id -u) == 0 ]] || as_root=(sudo -n)
  "${as_root[@]}" apt-get update -qq
  # Neither Redis nor PostgreSQL is to run as a service here.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi

mkdir -p build/peers
if ! cmp -s bench/peers/packages.json build/peers/package.json ||
  [[ ! -e build/peers/.installed ]]; then
  # Not named package.json in bench/: it would take the scripts there out of Tacet's package.
  cp bench/peers/packages.json build/peers/package.json
  # Without a lock file: DuckDB's lists binaries of platforms that a mirror need not have.
  npm install --prefix build/peers --no-package-lock --no-audit --no-fund
  touch build/peers/.installed
fi

make --silent -C bench/peers/cpp OUT="$PWD/build/peers/bin"
