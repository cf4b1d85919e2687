#!/usr/bin/env bash
# Builds the native addon of an installed @tensorflow/tfjs-node or tfjs-node-gpu where the package's own
# download is out of reach, or is made for another CUDA: libtensorflow and its headers are taken from the
# TensorFlow wheel, and the addon is compiled from the sources that the npm package carries.
#
#   tools/tfjs-native.sh [PACKAGE_DIR] [WHEEL]
#
#   PACKAGE_DIR  the package, installed with --ignore-scripts (default: the one in ./node_modules)
#   WHEEL        what pip fetches: a requirement or a .whl file (default: tensorflow with a GPU, else tensorflow-cpu)
#
# Environment: PYTHON (a Python with pip), npm_config_nodedir (where Node's include/ lies), XDG_CACHE_HOME.
# Needs unzip, g++ and make. The library (1 GB unpacked) lies in ~/.cache/archc, shared by every checkout.
set -euo pipefail

die() { echo "tfjs-native: $*" >&2; exit 1; }

package=${1:-}
for name in tfjs-node-gpu tfjs-node; do
  [[ -z $package && -d node_modules/@tensorflow/$name ]] && package=node_modules/@tensorflow/$name
done
[[ -n $package ]] || die "no @tensorflow/tfjs-node-gpu in node_modules; first: npm install --no-save --ignore-scripts @tensorflow/tfjs-node-gpu@4.22.0"
package=$(realpath "$package")
[[ -f $package/binding.gyp ]] || die "$package is not a tfjs-node package"
for tool in unzip g++ make; do command -v $tool >/dev/null || die "$tool is missing"; done

has_gpu() { command -v nvidia-smi >/dev/null && nvidia-smi -L 2>/dev/null | grep -q GPU; }
wheel=${2:-$(has_gpu && echo tensorflow || echo tensorflow-cpu)}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/archc/libtensorflow-$(basename "$wheel" .whl)

fetch() {
  local part
  part=$(mktemp -d "$(dirname "$cache")/part.XXXXXX")
  if [[ -f $wheel ]]; then
    cp "$wheel" "$part/"
  else
    local python=${PYTHON:-python3}
    "$python" -m pip --version >/dev/null 2>&1 || die "$python has no pip; name one that has: PYTHON=…"
    "$python" -m pip download --quiet --disable-pip-version-check --no-deps -d "$part" "$wheel" ||
      die "the wheel \`$wheel\` could not be fetched"
  fi
  unzip -q -o "$part"/*.whl 'tensorflow/libtensorflow*' 'tensorflow/include/*' -d "$part"
  rm -f "$part"/*.whl
  [[ -e $part/tensorflow/libtensorflow_cc.so.2 ]] || die "\`$wheel\` holds no libtensorflow_cc.so.2"
  rm -rf "$cache"
  mv "$part" "$cache" # complete or not there: a killed run leaves only a part.* folder
}

mkdir -p "$(dirname "$cache")"
[[ -e $cache/tensorflow/libtensorflow_cc.so.2 ]] || fetch

deps=$package/deps
mkdir -p "$deps/lib"
ln -sfn "$cache/tensorflow/include" "$deps/include"
for lib in libtensorflow_cc.so.2 libtensorflow_framework.so.2; do
  ln -sfn "$cache/tensorflow/$lib" "$deps/lib/$lib"
  ln -sfn "$lib" "$deps/lib/$(sed 's/_cc//; s/\.2$//' <<<"$lib")"
done

# Debian keeps Node's headers below /usr; elsewhere they lie beside the binary.
if [[ -z ${npm_config_nodedir:-} ]]; then
  prefix=$(dirname "$(dirname "$(realpath "$(command -v node)")")")
  for dir in "$prefix" /usr; do
    [[ -f $dir/include/node/node_api.h ]] && export npm_config_nodedir=$dir && break
  done
fi

log=$(mktemp)
cd "$package"
npx --no-install node-pre-gyp install --build-from-source >"$log" 2>&1 || { tail -n 30 "$log" >&2; die "the addon did not compile (all of it: $log)"; }
rm -f "$log"

# Node 23 dropped functions of `util` that tfjs-node 4.22 calls; runtime/backends.ts puts them back in the same way.
node --input-type=commonjs -e '
  const util = require("node:util");
  util.isNullOrUndefined ??= (x) => x === null || x === undefined;
  util.isArray ??= Array.isArray;
  const tf = require(process.argv[1]);
  if (tf.getBackend() !== "tensorflow") throw new Error(`backend is ${tf.getBackend()}`);
  if (tf.add(1, 2).dataSync()[0] !== 3) throw new Error("1 + 2 is not 3");
  console.log(`tfjs-native: ready, TensorFlow ${tf.node?.version?.libtensorflow ?? "?"}`);
' "$package" 2>/dev/null || die "the addon was built but does not run: node -e 'require(\"$package\")' says why"
