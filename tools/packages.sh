# Sourced by the scripts beside it: installs what is missing from Debian, saying what and why first; installs nothing twice.

# need REASON PACKAGE...
need() {
  reason=$1
  shift
  missing=
  if ! command -v dpkg-query >/dev/null; then
    echo "This is not Debian; needed to $reason: $*. Going on as if that were installed."
    return 0
  fi
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  echo "installing$missing: $reason"
  as_root=
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "Neither root nor sudo: ask for$missing to be installed, then run this again." >&2
      exit 77
    fi
    as_root=sudo
  fi
  if [ -z "${updated:-}" ]; then
    $as_root apt-get update -q >/dev/null
    updated=yes
  fi
  # shellcheck disable=SC2086
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing >/dev/null
}

need_swift() {
  if ! command -v swift >/dev/null; then
    echo "Swift 6.3 or newer is missing: www.swift.org says how to install it on Debian." >&2
    exit 69
  fi
}

need_libraries() {
  need "read PNG, JPEG, GIF, WebP and gzip files" libpng-dev libjpeg-dev libgif-dev libwebp-dev zlib1g-dev
  need "classify by features" liblinear-dev
}
