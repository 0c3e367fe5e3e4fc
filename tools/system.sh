#!/bin/bash
# Install the Debian packages named, where this machine allows it; otherwise say which tests will be skipped by name.
set -u
missing=()
for package in "$@"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
if ! command -v apt-get > /dev/null; then
  echo "not a Debian system: tests that need ${missing[*]} are skipped unless they are on the PATH"
  exit 0
fi
if [ "$(id -u)" -eq 0 ]; then as_root=(); elif sudo -n true 2> /dev/null; then as_root=(sudo -n); else
  echo "without root the tests that need ${missing[*]} are skipped; install them with: sudo apt-get install ${missing[*]}"
  exit 0
fi
echo "installing Debian packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq > /dev/null 2>&1
# A package that starts a service at once would take ports that the tests do not need.
"${as_root[@]}" env RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null 2>&1 ||
  echo "could not install ${missing[*]}: the tests that need them are skipped"
exit 0
