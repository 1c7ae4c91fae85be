#!/usr/bin/env bash
# Usage: scripts/bare-path.sh FOLDER NAME…
# Fills FOLDER with links to every program on PATH and in the system's folders, except the named ones. With PATH=FOLDER a
# command runs as on a machine where they are not installed.
set -euo pipefail

folder="$1"
shift
mkdir -p "$folder"
IFS=: read -ra places <<<"$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
for place in "${places[@]}"; do
  [ -d "$place" ] || continue
  # The first place counts, as on PATH: a link that exists is not replaced.
  find -L "$place" -mindepth 1 -maxdepth 1 -type f -perm -u+x -exec ln -s -t "$folder" {} + 2>/dev/null || true
done
for name in "$@"; do rm -f "$folder/$name"; done
