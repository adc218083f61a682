#!/bin/sh
# Verifies a receipt of Tacet without Tacet, with sh, sed, coreutils, xxd and openssl 3:
#   sh verify-receipt.sh 'ledger.firm.example/be1+8a2c...+AW...' job.tlog-proof
# The first argument is the verifier key as the firm has published it. Prints the entry if it holds.
set -eu
key=$1 receipt=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "NOT verified: $1" >&2; exit 1; }
sha() { xxd -r -p | sha256sum | cut -c1-64; }
# A whole number in its one spelling, of at most 15 digits: sh reads 010 as eight.
number() { printf '%s\n' "$1" | grep -Eqx '0|[1-9][0-9]{0,14}' || fail "$2 is no number"; }
# 32 bytes, from base64 to hex.
hash() {
  hex=$(printf %s "$1" | base64 -d 2>/dev/null | xxd -p -c 99)
  [ "${#hex}" = 64 ] && [ "$(printf %s "$hex" | xxd -r -p | base64)" = "$1" ] ||
    fail 'a hash is malformed'
}

# The key: NAME+ID+BASE64, the ID being the start of SHA-256(name, line feed, 01, public key).
name=${key%%+*} rest=${key#*+}
id=${rest%%+*}
typed=$(printf %s "${rest#*+}" | base64 -d | xxd -p -c 99)
[ "${#typed}" = 66 ] || fail 'no key'
named=$(printf '%s\n' "$name" | xxd -p -c 999)
[ "$(printf %s "$named$typed" | sha | cut -c1-8)" = "$id" ] || fail 'the key has the ID of another'

# The head: what is behind the first empty line; its text is three lines.
[ "$(sed -n 1p "$receipt")" = 'c2sp.org/tlog-proof@v1' ] || fail 'no receipt'
sed '1,/^$/d' "$receipt" >"$work/note"
sed '/^$/,$d' "$work/note" >"$work/text"
[ "$(wc -l <"$work/text")" = 3 ] || fail 'the head is not three lines'
[ "$(sed -n 1p "$work/text")" = "$name" ] || fail 'the head is of another log'
size=$(sed -n 2p "$work/text")
number "$size" 'the size of the log'
hash "$(sed -n 3p "$work/text")"
root=$hex

# The signature: 4 bytes of key ID, then Ed25519 over the text. The header makes the key a DER file.
printf '302a300506032b6570032100%s' "${typed#01}" | xxd -r -p >"$work/key.der"
found=
while read -r dash who base64; do
  [ "$dash" = '—' ] && [ "$who" = "$name" ] || continue
  bytes=$(printf %s "$base64" | base64 -d | xxd -p -c 999)
  [ "${bytes%"${bytes#????????}"}" = "$id" ] || continue
  printf %s "${bytes#????????}" | xxd -r -p >"$work/signature"
  openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/key.der" -rawin -in "$work/text" \
    -sigfile "$work/signature" >/dev/null || fail 'the signature is wrong'
  found=yes
done <"$work/note"
[ "$found" ] || fail 'the log has not signed it'

# The entry, and the hashes from it up to the root: RFC 9162, section 2.1.3.2.
sed -n '2s/^extra //p' "$receipt" | base64 -d >"$work/leaf" || fail 'the entry is malformed'
index=$(sed -n '3s/^index //p' "$receipt")
number "$index" 'the index of the entry'
node=$( (printf '\000'; cat "$work/leaf") | sha256sum | cut -c1-64)
sed '1,3d;/^$/,$d' "$receipt" >"$work/path"
at=$index last=$((size - 1))
[ "$at" -le "$last" ] || fail 'the entry is beyond the head'
while read -r base64; do
  [ "$last" -gt 0 ] || fail 'too many hashes'
  hash "$base64"
  if [ $((at % 2)) = 1 ] || [ "$at" = "$last" ]; then
    node=$(printf '01%s%s' "$hex" "$node" | sha)
    while [ $((at % 2)) = 0 ] && [ "$at" != 0 ]; do at=$((at / 2)) last=$((last / 2)); done
  else
    node=$(printf '01%s%s' "$node" "$hex" | sha)
  fi
  at=$((at / 2)) last=$((last / 2))
done <"$work/path"
[ "$last" = 0 ] && [ "$node" = "$root" ] || fail 'the entry is not in the log'

echo "verified: entry $index of $size in $name"
cat "$work/leaf"
echo
