#!/usr/bin/env bash
# Installs what the optional backends need, so that no backend's tests are left out: a Vulkan driver and the
# `webgpu` package for webgpu, and @tensorflow/tfjs-node-gpu with a native addon for tensorflow.
# Run in the repository root after `npm ci`. Does again only what is missing; ends with 1 where something failed.
#
# Environment: ARCHC_TFJS_NODE (tfjs-node-gpu by default; tfjs-node where no GPU is wanted); see tools/tfjs-native.sh.
set -uo pipefail
cd "$(dirname "$0")/.."

failed=()
step() { # NAME COMMAND…
  local name=$1 log
  shift
  log=$(mktemp)
  if "$@" >"$log" 2>&1; then echo "setup-backends: $name: ok"; else
    echo "setup-backends: $name: failed" && tail -n 15 "$log"
    failed+=("$name")
  fi
  rm -f "$log"
}

# Chromium brings SwiftShader, a software GPU, so that webgpu is tested on machines without one.
has_vulkan() { ldconfig -p 2>/dev/null | grep -q libvulkan.so.1; }
has_driver() { [[ -e /usr/lib/chromium/vk_swiftshader_icd.json ]] || compgen -G '/usr/share/vulkan/icd.d/*.json' >/dev/null; }
vulkan() {
  local sudo=()
  [[ $(id -u) == 0 ]] || sudo=(sudo -n)
  "${sudo[@]}" apt-get update -qq && DEBIAN_FRONTEND=noninteractive "${sudo[@]}" \
    apt-get install -y -qq --no-install-recommends chromium libvulkan1
}
if has_vulkan && has_driver; then echo "setup-backends: vulkan: there"; else step vulkan vulkan; fi

node=${ARCHC_TFJS_NODE:-tfjs-node-gpu}
packages=()
[[ -d node_modules/webgpu ]] || packages+=(webgpu@0.6.2)
[[ -d node_modules/@tensorflow/$node ]] || packages+=("@tensorflow/$node@4.22.0")
if ((${#packages[@]})); then
  # Without scripts: the package's own installer downloads a library for CUDA 11.2, or fails.
  step packages npm install --no-save --no-package-lock --ignore-scripts --no-audit --no-fund "${packages[@]}"
else echo "setup-backends: packages: there"; fi

if compgen -G "node_modules/@tensorflow/$node/lib/*/tfjs_binding.node" >/dev/null; then
  echo "setup-backends: tensorflow: there"
else step tensorflow bash tools/tfjs-native.sh "node_modules/@tensorflow/$node"; fi

((${#failed[@]} == 0)) || { echo "setup-backends: not there: ${failed[*]}"; exit 1; }
