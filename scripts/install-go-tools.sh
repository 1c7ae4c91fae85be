#!/usr/bin/env bash
# Installs the programs that check deploy/ into a cache directory, and prints where it is: helm, and compose-config, the parser of
# `docker compose`. They are compiled from their modules, which takes about two minutes for helm. HALYARD_CACHE names another cache directory.
set -euo pipefail

HELM=helm.sh/helm/v3/cmd/helm@v3.19.0
COMPOSE=github.com/compose-spec/compose-go/v2/cmd@v2.16.2

PATH="$PATH:/usr/local/go/bin"
folder="${HALYARD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/halyard}/go-tools"
mkdir -p "$folder"

# Compiles a module beside the folder, and moves the program there in one step, so that another process finds a whole file or none.
install() {
  local name="$1-${2##*@}" scratch
  if [ ! -x "$folder/$name" ]; then
    scratch="$(mktemp -d)"
    GOBIN="$scratch" GOTOOLCHAIN=local go install "$2" >&2
    mv "$scratch"/* "$folder/$name.$$"
    mv "$folder/$name.$$" "$folder/$name"
    rmdir "$scratch"
  fi
  ln -sfn "$name" "$folder/$1"
}

install compose-config "$COMPOSE"
install helm "$HELM"
echo "$folder"
