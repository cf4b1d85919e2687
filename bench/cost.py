"""Checking and costing GPT-2 XL, against what PyTorch's FlopCounterMode and calflops need for its FLOPs alone. All build
the model first; the peers on the meta device, without weights, where they can.

    npm run build && python bench/cost.py [--rounds 5] [--real]

Whole commands are processes of their own, imports included; "in one process" is without imports and warm.
Needs torch, transformers and calflops. --real also lets FlopCounterMode run the model on real weights (8 GB).
"""
import argparse
import json
import re
import statistics
import subprocess

from common import ROOT, load, measured, node, python, table

PEER = """
import json, time
import torch
from transformers import GPT2Config, GPT2LMHeadModel
KIND = WHAT
def once():
    began = time.perf_counter()
    config = GPT2Config(n_embd=1600, n_layer=48, n_head=25, attn_implementation="eager", use_cache=False)
    with torch.device("cpu" if REAL else "meta"), torch.no_grad():
        model = GPT2LMHeadModel(config).eval()
        ids = torch.zeros(1, 1024, dtype=torch.long)
        # Given whole, or transformers would look at values, which meta tensors have not.
        mask = torch.zeros(1, 1, 1024, 1024)
        if KIND == "calflops":
            from calflops import calculate_flops
            flops = calculate_flops(model, kwargs={"input_ids": ids, "attention_mask": mask}, print_results=False, print_detailed=False,
                                    output_as_string=False)[0]
        else:
            from torch.utils.flop_counter import FlopCounterMode
            with FlopCounterMode(display=False) as counter:
                model(input_ids=ids, attention_mask=mask)
            flops = counter.get_total_flops()
    return time.perf_counter() - began, flops
runs = [once() for _ in range(TIMES)]
print(json.dumps({"first": runs[0][0], "warm": min(r[0] for r in runs), "flops": runs[0][1]}))
"""


def peer(kind, real, rounds):
    """Median seconds of the whole command, and what it printed when it ran three times in one process."""
    whole = [measured(python(PEER, WHAT=kind, REAL=real, TIMES=1)) for _ in range(rounds)]
    if whole[0][2] != "done":
        return None, whole[0][2]
    result = subprocess.run(python(PEER, WHAT=kind, REAL=real, TIMES=1 if real else 3), capture_output=True, text=True)
    return statistics.median(w[0] for w in whole), json.loads(result.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--real", action="store_true")
    options = parser.parse_args()
    cost = node("cost", "specs/gpt2.arch", "--model", "Gpt2XL", "--at", "batch=1,seq=1024")
    whole = [measured(cost) for _ in range(options.rounds)]
    if whole[0][2] != "done":
        raise SystemExit(f"archc cost: {whole[0][2]}")
    ours = statistics.median(w[0] for w in whole)
    text = subprocess.run(["node", "bench/check.mjs"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    warm = int(re.search(r"in one process, warm\s+least\s+\d+ ms, median\s+(\d+) ms", text)[1]) / 1000
    rows = [("archc: check and all costs", f"{ours:.2f} s", "", f"{warm * 1000:.0f} ms", "")]
    kinds = [("FlopCounterMode", "flopcounter", False), ("calflops", "calflops", False)]
    if options.real:
        kinds.append(("FlopCounterMode, real weights", "flopcounter", True))
    for name, kind, real in kinds:
        seconds, result = peer(kind, real, 1 if real else options.rounds)
        if seconds is None:
            rows.append((name, result, "", "", ""))
            continue
        again = result["warm"]
        rows.append(
            (f"{name}: {result['flops'] / 1e9:.1f} GFLOP", f"{seconds:.2f} s", f"{ours / seconds:.3f}",
             f"{again * 1000:.0f} ms", f"{warm / again:.3f}")
        )
    print(f"GPT-2 XL, 1 x 1024 ({load()})\n")
    table(("", "whole command", "archc / it", "in one process, warm", "archc / it"), rows)
    print()
    print(text)


main()
