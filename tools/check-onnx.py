#!/usr/bin/env python3
"""Holds ONNX files of archc builds against `onnx.checker` and strict shape inference.

    python tools/check-onnx.py BUILD_FOLDER_OR_FILE...

For every model it checks: the full check (external data included), that shape inference in strict mode agrees with
every shape in the file, that all nodes are of the standard operators, and that no two nodes share a name. Ends with 1
where one fails. Needs `onnx`.
"""

import collections
import pathlib
import sys

import onnx
import onnx.shape_inference


def models(argument: str) -> list[pathlib.Path]:
    path = pathlib.Path(argument)
    return sorted(path.glob("*.onnx")) if path.is_dir() else [path]


def infer(model: onnx.ModelProto) -> onnx.ModelProto:
    """Strict inference; by the values of sizes, too, where onnx can: it spreads values of any shape as if they were
    lists, and calls a sum of [8, 1] and [8192] wrong that it accepts without looking at values."""
    inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    try:
        return onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    except onnx.shape_inference.InferenceError as error:
        if all("Invalid rank for" in line for line in str(error).splitlines() if "op_type" in line):
            return inferred
        raise


def check(path: pathlib.Path) -> str:
    # By path, so that external data are looked for, and files over 2 GB pass.
    onnx.checker.check_model(str(path), full_check=True)
    model = onnx.load(str(path), load_external_data=False)
    inferred = infer(model)
    graph = inferred.graph
    for node in graph.node:
        if node.domain not in ("", "ai.onnx"):
            raise ValueError(f"node {node.name} is of the domain {node.domain}")
    twice = [name for name, n in collections.Counter(node.name for node in graph.node).items() if n > 1]
    if twice:
        raise ValueError(f"several nodes are called {twice[0]}")
    opset = ", ".join(str(o.version) for o in model.opset_import)
    return f"opset {opset}, IR {model.ir_version}, {len(graph.node)} nodes"


def main(arguments: list[str]) -> int:
    paths = [path for argument in arguments for path in models(argument)]
    if not paths:
        print(__doc__, file=sys.stderr)
        return 2
    failed = 0
    for path in paths:
        try:
            print(f"{path}: {check(path)}")
        except Exception as error:  # Whatever the checker raises is the finding.
            failed += 1
            print(f"{path}: {error}")
    print(f"{len(paths) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
