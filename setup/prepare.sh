#!/bin/sh
# Brings a fresh checkout to where `mohr` runs: system packages, a virtual environment from
# hash-locked requirements, the project itself. Does nothing that has been done before.
#
#   setup/prepare.sh run     what the service needs
#   setup/prepare.sh test    that, and what its tests need, pdf.js from npm among it
set -eu
cd "$(dirname "$0")/.."

purpose=${1:?usage: setup/prepare.sh run|test}
venv=${VENV:-.venv}

say() { printf '\033[1m[setup]\033[0m %s\n' "$1"; }

# 1. System packages
packages=$(cat setup/packages-run.txt)
lock=requirements/runtime.txt
if [ "$purpose" = test ]; then
    packages="$packages $(cat setup/packages-test.txt)"
    lock=requirements/dev.txt
fi
distribution=$(. /etc/os-release 2>/dev/null && echo "$ID" || echo unknown)

# Ubuntu's chromium is a snap that no test can drive: there the browser comes from Playwright.
own_browser=no
if [ "$distribution" = ubuntu ]; then
    packages=$(echo "$packages" | tr ' ' '\n' | grep -vx chromium)
    [ "$purpose" = test ] && own_browser=yes
fi

# A Node.js from elsewhere brings npm with it and refuses Debian's.
command -v npm >/dev/null && packages=$(echo "$packages" | tr ' ' '\n' | grep -vxE 'nodejs|npm')

is_installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}
missing=''
if command -v dpkg-query >/dev/null; then
    for package in $packages; do
        is_installed "$package" || missing="$missing $package"
    done
else
    missing=$(echo "$packages" | tr '\n' ' ')
fi
if [ -n "$missing" ]; then
    case $distribution in debian | ubuntu) ;; *)
        say "Not Debian or Ubuntu. Install the equivalents of these packages, then run again:"
        echo "   $missing"
        exit 1 ;;
    esac
    as_root=''
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || {
            say "Ask an administrator to run: apt-get install$missing"
            exit 1
        }
        as_root=sudo
    fi
    say "installing system packages:$missing"
    $as_root apt-get update -q
    # The tests start servers of their own: no cluster is made or started because of them.
    no_cluster=/etc/postgresql-common/createcluster.d/mohr-tests.conf
    case $missing in *postgresql*)
        $as_root mkdir -p "$(dirname $no_cluster)"
        echo 'create_main_cluster = false' | $as_root tee $no_cluster >/dev/null ;;
    esac
    # shellcheck disable=SC2086 # words on purpose
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
    $as_root rm -f $no_cluster
fi

# 2. Python packages, each checked against the hash in the lock
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    say "Python 3.11 or later is needed; python3 here is $(python3 --version)."
    exit 1
}
stamp="$venv/installed-$purpose"
[ "$purpose" = run ] && [ -e "$venv/installed-test" ] && stamp="$venv/installed-test" && lock=requirements/dev.txt
wanted=$(cat "$lock" pyproject.toml | sha256sum)
if [ "$(cat "$stamp" 2>/dev/null || true)" != "$wanted" ]; then
    [ -x "$venv/bin/python" ] || python3 -m venv "$venv"
    say "installing Python packages from $lock"
    total=$(grep -c '==' "$lock")
    log="$venv/install.log"
    : >"$log"
    "$venv/bin/python" -m pip install --disable-pip-version-check --progress-bar off --require-hashes -r "$lock" >"$log" 2>&1 &
    pip=$!
    while kill -0 "$pip" 2>/dev/null; do
        if [ -t 1 ]; then
            printf '\r[setup] %s of at most %s packages read ' "$(grep -cE '^(Collecting|Requirement already)' "$log" || true)" "$total"
        fi
        sleep 0.5
    done
    [ -t 1 ] && printf '\n'
    wait "$pip" || {
        tail -n 20 "$log"
        exit 1
    }
    "$venv/bin/python" -m pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e .
    if [ "$own_browser" = yes ]; then
        "$venv/bin/python" -m playwright install --with-deps chromium
    fi
    printf '%s\n' "$wanted" >"$stamp"
fi

# 3. pdf.js, whose text extraction the tests compare with; each package checked against the lock
if [ "$purpose" = test ]; then
    wanted=$(cat setup/pdfjs/package-lock.json | sha256sum)
    if [ "$(cat "$venv/pdfjs/installed" 2>/dev/null || true)" != "$wanted" ]; then
        say "installing pdf.js from setup/pdfjs/package-lock.json"
        mkdir -p "$venv/pdfjs"
        cp setup/pdfjs/package.json setup/pdfjs/package-lock.json setup/pdfjs/.npmrc "$venv/pdfjs/"
        (cd "$venv/pdfjs" && npm ci --no-progress --loglevel=error)
        printf '%s\n' "$wanted" >"$venv/pdfjs/installed"
    fi
fi
say "ready"
