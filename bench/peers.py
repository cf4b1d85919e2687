"""GPT-2 small from archc and from torch.onnx, in the same ONNX Runtime with the same options and outputs (logits and all
caches): seconds and memory of making the file, then prefill and one decoded token, in turn, as a ratio archc / torch.

    npm run build && python bench/peers.py [FOLDER]

Needs torch, transformers, onnx, onnxscript and onnxruntime from PyPI, and 3 GB of disk. What torch exported is kept in
FOLDER (out/peers) for the next run.
"""
import json
import os
import resource
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OUT = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "out", "peers"))

EXPORT = '''
import torch
from transformers import GPT2Config, GPT2LMHeadModel
from transformers.cache_utils import DynamicCache
torch.manual_seed(0)
model = GPT2LMHeadModel(GPT2Config()).eval()
layers = model.config.n_layer

def outputs(result):
    return (result.logits, *(t for l in result.past_key_values.layers for t in (l.keys, l.values)))

class Prefill(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.model = model
    def forward(self, ids):
        return outputs(self.model(input_ids=ids, use_cache=True))

class Step(Prefill):
    def forward(self, ids, *past):
        cache = DynamicCache()
        for i in range(layers):
            cache.update(past[2 * i], past[2 * i + 1], i)
        return outputs(self.model(input_ids=ids, past_key_values=cache, use_cache=True))

batch, seq, past = (torch.export.Dim(n) for n in ("batch", "seq", "past"))
ids = torch.zeros(2, 8, dtype=torch.long)
caches = [torch.zeros(2, 12, 5, 64) for _ in range(2 * layers)]
with torch.no_grad():
    torch.onnx.export(Prefill(), (ids,), FOLDER + "/prefill.onnx", dynamo=True, opset_version=20,
                      dynamic_shapes=({0: batch, 1: seq},), external_data=True)
    torch.onnx.export(Step(), (ids, *caches), FOLDER + "/step.onnx", dynamo=True, opset_version=20, external_data=True,
                      dynamic_shapes=({0: batch, 1: seq}, tuple({0: batch, 2: past} for _ in caches)))
'''

SPEC = '''import {{ decoder }} from "std"
import {{ Gpt2Small }} from "{specs}/gpt2.arch"
model Gpt2 : Gpt2Small {{ }}
model Gpt2Last : Gpt2Small {{ read = last_position() }}
'''


def measured(command):
    """Seconds on the wall, and the peak resident set in MB of the command and what it started."""
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{command[:3]} ended with {status}")
    return time.perf_counter() - began, usage.ru_maxrss / 1000


def archc(model, folder):
    spec = os.path.join(ROOT, "specs", ".bench.arch")
    with open(spec, "w") as file:
        file.write(SPEC.format(specs="."))
    try:
        return measured(["node", "dist/compiler/cli/main.js", "build", spec, "--model", model, "--target", "onnx", "-o", folder])
    finally:
        os.remove(spec)


def main():
    os.makedirs(OUT, exist_ok=True)
    ours, last = os.path.join(OUT, "archc"), os.path.join(OUT, "archc-last")
    made = archc("Gpt2", ours)
    archc("Gpt2Last", last)
    kept = os.path.join(OUT, "export.json")
    if not os.path.exists(kept):
        figures = measured([sys.executable, "-c", f"FOLDER = {OUT!r}" + EXPORT])
        with open(kept, "w") as file:
            json.dump(figures, file)
    with open(kept) as file:
        exported = json.load(file)

    import numpy as np
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.log_severity_level = 3
    load = lambda path: ort.InferenceSession(path, options)
    sessions = {
        "archc": load(f"{ours}/model.onnx"),
        "last": load(f"{last}/model.onnx"),
        "prefill": load(f"{OUT}/prefill.onnx"),
        "step": load(f"{OUT}/step.onnx"),
    }
    random = np.random.default_rng(0)

    def feeds(session, seq, past):
        first, *caches = session.get_inputs()
        result = {first.name: random.integers(0, 50257, (1, seq))}
        for cache in caches:
            result[cache.name] = random.normal(0, 0.1, (1, 12, past, 64)).astype(np.float32)
        return result

    def ratio(a, b, seq, past, runs):
        """Median of archc / torch over runs in turn, and archc's median in ms."""
        x, y = feeds(sessions[a], seq, past), feeds(sessions[b], seq, past)
        pairs = []
        for i in range(runs + 2):
            times = []
            for name, given in ((a, x), (b, y)):
                began = time.perf_counter()
                sessions[name].run(None, given)
                times.append(time.perf_counter() - began)
            if i >= 2:
                pairs.append(times)
        return statistics.median(s / t for s, t in pairs), statistics.median(s for s, _ in pairs) * 1000

    print("GPT-2 small, archc against torch.onnx, ONNX Runtime", ort.__version__)
    print(f"make the file       {made[0]:8.1f} s   torch {exported[0]:8.1f} s   ratio {made[0] / exported[0]:.3f}")
    print(f"memory of making it {made[1]:8.0f} MB  torch {exported[1]:8.0f} MB  ratio {made[1] / exported[1]:.3f}")
    for name, a, b, seq, past, runs in (
        ("prefill 1 x 128", "archc", "prefill", 128, 0, 15),
        ("prefill 1 x 512", "archc", "prefill", 512, 0, 9),
        ("prefill 1 x 512, last logits", "last", "prefill", 512, 0, 9),
        ("decode, 128 past", "archc", "step", 1, 128, 40),
        ("decode, 512 past", "archc", "step", 1, 512, 40),
    ):
        r, ms = ratio(a, b, seq, past, runs)
        print(f"{name:30} {ms:8.1f} ms  ratio {r:.3f}")


resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
main()
