#!/usr/bin/env bash
# Installs what the system is missing, with apt, as root or through sudo. Elsewhere it says what to install.
#   stack/install.sh run      PostgreSQL with PostGIS, Redis, Node.js with npm, Python's venv
#   stack/install.sh test     the same, PgBouncer, and Chromium with Chinese fonts for the browser tests
#   stack/install.sh bench    the same as for run, and wrk
# Installing starts no service: the private clusters under .run/ are the only ones that run.
set -euo pipefail
purpose=${1:-run}

python=${PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "Fieldreach needs Python 3.11 or newer; set PYTHON to one (make run PYTHON=python3.12)." >&2
  exit 1
fi

missing=()
has() { command -v "$1" >/dev/null 2>&1; }
postgres=$(ls -d /usr/lib/postgresql/*/bin/postgres 2>/dev/null | sort -t/ -k5 -n | tail -n 1 || true)
version=$(cut -d/ -f5 <<<"$postgres")
[ -n "$postgres" ] || has pg_ctl || missing+=(postgresql)
[ -n "$version" ] && [ -e "/usr/share/postgresql/$version/extension/postgis.control" ] || missing+=(postgis)
has redis-server || missing+=(redis-server)
has npm || missing+=(nodejs npm)
"$python" -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
if [ "$purpose" = test ]; then
  has pgbouncer || [ -x /usr/sbin/pgbouncer ] || missing+=(pgbouncer)
  if [ -n "${CHROMIUM:-}" ]; then
    has "$CHROMIUM" || { echo "CHROMIUM=$CHROMIUM is no program" >&2; exit 1; }
  elif ! has chromium; then
    if grep -qs '^ID=ubuntu' /etc/os-release; then
      echo "Ubuntu has Chromium only as a snap, which a test cannot drive. Please install another Chromium or Chrome" >&2
      echo "and name it: make test CHROMIUM=/usr/bin/google-chrome" >&2
      exit 1
    fi
    missing+=(chromium)
  fi
  [ -n "$(ls -d /usr/share/fonts/opentype/noto/*CJK* 2>/dev/null)" ] || missing+=(fonts-noto-cjk)
fi
if [ "$purpose" = bench ]; then
  has wrk || missing+=(wrk)
fi
[ ${#missing[@]} -gt 0 ] || exit 0

if ! has apt-get; then
  {
    echo "Fieldreach installs what it needs on Debian and Ubuntu only. Here, please install:"
    echo "  PostgreSQL 15 or newer with PostGIS 3, Redis 7, Node.js 18 or newer with npm, Python 3.11 or newer with venv"
    [ "$purpose" != test ] || echo "  PgBouncer, Chromium and a Chinese font (Noto CJK)"
    [ "$purpose" != bench ] || echo "  wrk"
    echo "so that pg_ctl, redis-server and npm are on the PATH. Missing now: ${missing[*]}"
  } >&2
  exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  has sudo || { echo "Please install as root: apt-get install ${missing[*]/#postgis/postgresql-${version:-15}-postgis-3}" >&2; exit 1; }
  as_root=(sudo)
fi

# Without this file the packages would start a PostgreSQL and a Redis of the system's own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod +x "$policy"
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi

echo "==> apt-get update"
"${as_root[@]}" apt-get update -qq
packages=()
for name in "${missing[@]}"; do
  if [ "$name" = postgresql ] || [ "$name" = postgis ]; then
    [ -n "$version" ] || version=$(apt-cache show postgresql | sed -n 's/^Depends:.*postgresql-\([0-9][0-9]*\).*/\1/p' | head -n 1)
    [ "$name" = postgresql ] && packages+=("postgresql-$version") || packages+=("postgresql-$version-postgis-3")
  else
    packages+=("$name")
  fi
done
echo "==> apt-get install ${packages[*]}"
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${packages[@]}"
