# What docs/OPERATIONS.md needs and a test has not: systemd, and other users. $PLACES holds the
# folders of the machine, $ROOT the repository.
set -e -o pipefail
ip link set lo up
pids=$PLACES/pids
mkdir -p "$pids" "$PLACES"/{usr/lib/sysusers.d,usr/lib/tmpfiles.d,usr/local/bin,etc/systemd/system}
mkdir -p "$PLACES"/{etc/prometheus,etc/grafana/provisioning,etc/logrotate.d,var/backups,opt}
export PATH=$PLACES/usr/local/bin:$PATH
trap 'kill $(jobs -p) 2> /dev/null || true' EXIT

systemd-sysusers() { :; }
systemd-tmpfiles() { mkdir -p "$PLACES/var/lib/tacet"; }
runuser() { shift 3; "$@"; }

# Runs what a unit runs, with the variables that it gives.
begin() {
  if [[ $1 == prometheus ]]; then
    prometheus --config.file="$PLACES/etc/prometheus/prometheus.yml" \
      --storage.tsdb.path="$PLACES/prometheus" --web.listen-address=127.0.0.1:9090 \
      2> "$PLACES/prometheus.log" &
    return
  fi
  local unit=$PLACES/etc/systemd/system/$1.service
  sed -i "s#/opt/tacet#$PLACES/opt/tacet#g; s#/var/lib/tacet#$PLACES/var/lib/tacet#g
    s#/etc/tacet#$PLACES/etc/tacet#g; s#$PLACES$PLACES#$PLACES#g; s#/usr/bin/node#$NODE#" "$unit"
  local file=$PLACES/etc/tacet/serve.env
  (
    export $(sed -n 's/^Environment=//p' "$unit")
    if [[ -e $file ]]; then set -a; source "$file"; fi
    exec $(sed -n 's/^ExecStart=//p' "$unit") 2>> "$PLACES/$1.log"
  ) > /dev/null &
  echo $! > "$pids/$1"
}

finish() {
  local pid
  pid=$(cat "$pids/$1")
  kill -TERM "$pid"
  wait "$pid"
}

systemctl() {
  case "$*" in
    'enable --now tacet tacet-sync.timer' | 'start tacet') begin tacet ;;
    'stop tacet') finish tacet ;;
    'restart tacet') finish tacet; begin tacet ;;
    'restart prometheus') begin prometheus ;;
    daemon-reload | 'restart grafana-server') ;;
    *) echo "systemctl $* is not foreseen" >&2; return 1 ;;
  esac
}
