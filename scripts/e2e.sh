#!/usr/bin/env bash
# `make e2e`: runs test/e2e/ on a cluster with a real kubelet. Read from the environment:
#
#   KUBECONFIG                  the cluster. Without it, a kind cluster is made for the run and removed afterwards (needs Docker and kind).
#   DOSSIER_E2E_HOST            an address of this machine that pods reach; found by itself for kind
#   DOSSIER_E2E_OPERATOR_IMAGE  images of this checkout, which the nodes have or DOSSIER_E2E_LOAD brings there; built by itself for kind
#   DOSSIER_E2E_RUNNER_IMAGE
#   DOSSIER_E2E_PYTHON_IMAGE
#   DOSSIER_E2E_LOAD            command that brings an image onto the nodes; the image's name is added to it
#
# Arguments go to vitest.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOSSIER_E2E_OPERATOR_IMAGE=${DOSSIER_E2E_OPERATOR_IMAGE:-docker.io/library/dossier-operator:e2e}
export DOSSIER_E2E_RUNNER_IMAGE=${DOSSIER_E2E_RUNNER_IMAGE:-docker.io/library/dossier-runner:e2e}
export DOSSIER_E2E_PYTHON_IMAGE=${DOSSIER_E2E_PYTHON_IMAGE:-docker.io/library/dossier-python:e2e}
images=("$DOSSIER_E2E_OPERATOR_IMAGE" "$DOSSIER_E2E_RUNNER_IMAGE" "$DOSSIER_E2E_PYTHON_IMAGE")

if [ -z "${KUBECONFIG:-}" ]; then
  for program in docker kind; do
    command -v "$program" >/dev/null || { echo "make e2e: $program is not there; install it, or set KUBECONFIG to a cluster (see scripts/e2e.sh)" >&2; exit 1; }
  done
  docker build --quiet --target operator --tag "${images[0]}" .
  docker build --quiet --target runner --tag "${images[1]}" .
  docker build --quiet --target python --tag "${images[2]}" .
  folder=$(mktemp -d)
  export KUBECONFIG=$folder/kubeconfig
  trap 'kind delete cluster --name dossier-e2e; rm -rf "$folder"' EXIT
  kind create cluster --name dossier-e2e --config test/e2e/kind.yaml --wait 120s
  kind load docker-image --name dossier-e2e "${images[@]}"
  DOSSIER_E2E_HOST=${DOSSIER_E2E_HOST:-$(docker network inspect kind --format '{{range .IPAM.Config}}{{println .Gateway}}{{end}}' | grep -m1 '\.')}
elif [ -n "${DOSSIER_E2E_LOAD:-}" ]; then
  for image in "${images[@]}"; do $DOSSIER_E2E_LOAD "$image"; done
fi
: "${DOSSIER_E2E_HOST:?set it to an address of this machine that pods reach}"
export DOSSIER_E2E_HOST
node_modules/.bin/node node_modules/vitest/vitest.mjs run --project e2e "$@"
