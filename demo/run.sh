#!/usr/bin/env bash
# The whole workflow at real size: a synthetic list of 1.5 M numbers is packed and served; a messy
# file of 1 M contacts is streamed through gRPC, split, and checked against the truth. All files
# stay in build/demo. DEMO_LIST_ROWS and DEMO_CONTACT_ROWS change the sizes.
set -euo pipefail
cd "$(dirname "$0")/.."
list_rows=${DEMO_LIST_ROWS:-1500000}
contact_rows=${DEMO_CONTACT_ROWS:-1000000}
out=build/demo
mkdir -p "$out"
tacet() { node dist/cli/index.js "$@"; }
say() { printf '\n== %s\n' "$*"; }

say "make a synthetic list of $list_rows numbers ($out/list.txt)"
tacet sample list --rows "$list_rows" --seed 1 --out "$out/list.txt"
say "make a messy file of $contact_rows contacts, with the true verdicts" \
  "($out/contacts.csv, truth.tsv)"
tacet sample contacts --rows "$contact_rows" --seed 2 --list "$out/list.txt" \
  --out "$out/contacts.csv" --truth "$out/truth.tsv"

say "pack the list"
tacet pack "$out/list.txt" --out "$out/list.tacet"

say "serve it on free ports"
node dist/cli/index.js serve --list "$out/list.tacet" --listen 127.0.0.1:0 --http 127.0.0.1:0 \
  > "$out/serve.txt" 2> "$out/serve.log" &
server=$!
stop() { kill "$server" 2> /dev/null || true; wait "$server" 2> /dev/null || true; }
trap stop EXIT
for _ in $(seq 200); do
  grep -q '^dates' "$out/serve.txt" && break
  kill -0 "$server" 2> /dev/null || { cat "$out/serve.log" >&2; exit 1; }
  sleep 0.05
done
cat "$out/serve.txt"
port=$(sed -n 's/^gRPC .*:\([0-9]*\)$/\1/p' "$out/serve.txt")

say "dedupe $contact_rows contacts through gRPC"
tacet dedupe "$out/contacts.csv" --server "127.0.0.1:$port" --opt-in-column opt_in_date \
  --advertiser 'Demo NV' --job-id demo-1 \
  --callable "$out/callable.csv" --blocked "$out/blocked.csv" --undecided "$out/undecided.csv" \
  --summary "$out/summary.json"

say "check the outputs against the truth"
node demo/check-truth.js "$out"

say "the results are in $out: callable.csv, blocked.csv, undecided.csv, summary.json"
