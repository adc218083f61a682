#!/usr/bin/env bash
# Installs the Debian packages that the system tests need, where it may. Does nothing, and needs no
# network, where all of them are there; fails where one is missing and cannot be installed.
set -euo pipefail

# gRPC and protobuf for Debian's own Python: a client that shares no code with Tacet.
packages=(python3-grpcio python3-grpc-tools python3-protobuf)
# The same for C++: a compiler, and what makes stubs.
packages+=(g++ pkg-config libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc)
# openssl makes certificates, and is a client of TLS.
packages+=(openssl)
# Prometheus, which brings promtool; systemd to read units and for systemd-notify, docker-compose to
# read the compose file: none need run.
packages+=(prometheus systemd docker-compose)
# An sFTP server, and ssh-keygen. It is started by the test, on a port of its own.
packages+=(openssh-server openssh-client openssh-sftp-server)
# puttygen, for the keys that Windows users have.
packages+=(putty-tools)
# A file system without hard links, in user space: mounting one needs no module of the kernel.
packages+=(exfat-fuse exfatprogs)
# Balancers, in front of three servers. Started by the test, in the foreground.
packages+=(nginx haproxy)

# PostgreSQL, for servers that share a state. Started by the test, in a temporary folder.
packages+=(postgresql-15 postgresql-client-15)

# Go's own libraries for signed notes and transparency logs, and what a script verifies receipts by.
packages+=(golang-go golang-golang-x-mod-dev openssl xxd)

# Shells that complete commands, and what reads the manual page.
packages+=(zsh fish man-db)

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $status == installed ]] || missing+=("$package")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

fail() {
  echo "test-system needs the Debian packages ${missing[*]}: $1" >&2
  exit 1
}

command -v apt-get >/dev/null || fail 'this is no Debian system, there is no apt-get'
become=()
if [[ $(id -u) -ne 0 ]]; then
  sudo -n true 2>/dev/null || fail "as root: apt-get install ${missing[*]}"
  become=(sudo -n)
fi
export DEBIAN_FRONTEND=noninteractive
"${become[@]}" apt-get update -qq || fail 'apt-get update failed'
# Nothing that is installed here may start as a service; where a policy says so already, it stands.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  printf '#!/bin/sh\nexit 101\n' | "${become[@]}" tee "$policy" >/dev/null
  "${become[@]}" chmod 755 "$policy"
  # shellcheck disable=SC2064
  trap "${become[*]} rm -f $policy" EXIT
fi
"${become[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
  fail 'apt-get install failed'
