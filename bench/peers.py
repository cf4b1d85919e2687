"""GPT-2 small, BERT base and the Llama-like, made by archc, torch.onnx and optimum from the same weights, in the same
ONNX Runtime with the same options and outputs (of decoders: logits and all caches): one pass and one decoded token, the
sides in turn, as ratios archc / peer; PyTorch eager beside them. That all give the same numbers is checked first.

    npm run build && python bench/peers.py [--models gpt2,bert,llama] [--rounds 20] [--optimum PYTHON] [--folder FOLDER]

Needs torch, transformers, onnx, onnxscript and onnxruntime; --optimum names a Python that has optimum-onnx. What the
peers exported is kept in FOLDER (out/peers: GPT-2 3 GB, BERT 1.5 GB, Llama 18 GB of disk) for the next run; `--prepare`
only makes it.
"""
import argparse
import json
import os
import shutil
import statistics
import sys
import time

from common import ROOT, archc, load, measured, python, table

MODEL = """
import torch
from transformers import (BertConfig, BertModel, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM)
from transformers.cache_utils import DynamicCache
CONFIGS = {
    "gpt2": lambda: GPT2LMHeadModel(GPT2Config()),
    "bert": lambda: BertModel(BertConfig()),
    "llama": lambda: LlamaForCausalLM(LlamaConfig(
        vocab_size=32000, hidden_size=2048, intermediate_size=5632, num_hidden_layers=22, num_attention_heads=32,
        num_key_value_heads=4, rms_norm_eps=1e-5, max_position_embeddings=2048)),
}
def make(name, folder=None):
    torch.manual_seed(0)
    with torch.no_grad():
        model = CONFIGS[name]().eval()
        if folder: model.save_pretrained(folder, max_shard_size="100GB")
    return model
def outputs(result):
    return (result.logits, *(t for l in result.past_key_values.layers for t in (l.keys, l.values)))
"""

SAVE = MODEL + "\nmake(NAME, FOLDER + '/hf')\n"

EXPORT = MODEL + """
model = make(NAME)
class Encoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.model = model
    def forward(self, input_ids, attention_mask, token_type_ids):
        result = self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
        return result.last_hidden_state, result.pooler_output
class Prefill(Encoder):
    def forward(self, input_ids):
        return outputs(self.model(input_ids=input_ids, use_cache=True))
class Step(Encoder):
    def forward(self, input_ids, *past):
        cache = DynamicCache()
        for i in range(len(past) // 2):
            cache.update(past[2 * i], past[2 * i + 1], i)
        return outputs(self.model(input_ids=input_ids, past_key_values=cache, use_cache=True))
batch, seq, past = (torch.export.Dim(n) for n in ("batch", "seq", "past"))
ids = torch.ones(2, 8, dtype=torch.long)
if NAME == "bert":
    # A tensor given twice would be one input of the exported file.
    args = (ids, torch.ones_like(ids), torch.zeros_like(ids))
    module, shapes = Encoder(), ({0: batch, 1: seq},) * 3
elif WHAT == "prefill":
    module, args, shapes = Prefill(), (ids,), ({0: batch, 1: seq},)
else:
    c = model.config
    heads = getattr(c, "num_key_value_heads", None) or c.num_attention_heads
    width = c.hidden_size // c.num_attention_heads
    caches = [torch.zeros(2, heads, 5, width) for _ in range(2 * c.num_hidden_layers)]
    module, args = Step(), (ids, *caches)
    shapes = ({0: batch, 1: seq}, tuple({0: batch, 2: past} for _ in caches))
with torch.no_grad():
    torch.onnx.export(module, args, FOLDER + "/" + WHAT + ".onnx", dynamo=True, opset_version=20,
                      dynamic_shapes=shapes, external_data=True)
"""

OPTIMUM = """
import sys
from optimum.exporters.onnx import main_export
main_export(FOLDER + "/hf", output=FOLDER + "/optimum", task=TASK, do_validation=False, dtype="fp32")
"""

SPEC = """import { Gpt2Small } from "./gpt2.arch"
import { BertBase } from "./bert.arch"
import { TinyLlama } from "./llama.arch"
model gpt2 : Gpt2Small { }
model gpt2last : Gpt2Small { read = last_position() }
model bert : BertBase { }
model llama : TinyLlama { }
model llamalast : TinyLlama { read = last_position() }
"""

VOCABULARY = {"gpt2": 50257, "bert": 30522, "llama": 32000}


def whole(command, what):
    _, _, ended = measured(command)
    if ended != "done":
        print(f"{what}: {ended}", file=sys.stderr)
    return ended == "done"


def prepare(name, folder, optimum):
    """Makes what is not there yet: the weights, the peers' files, and (always) archc's."""
    os.makedirs(folder, exist_ok=True)
    have = lambda file: os.path.exists(os.path.join(folder, file))
    if not have("hf/config.json") and not whole(python(SAVE, NAME=name, FOLDER=folder), "transformers"):
        raise SystemExit(1)
    for what in ("prefill",) if name == "bert" else ("prefill", "step"):
        if not have(f"{what}.onnx"):
            whole(python(EXPORT, NAME=name, FOLDER=folder, WHAT=what), f"torch.onnx, {name} {what}")
    if optimum and not have("optimum/model.onnx"):
        task = "feature-extraction" if name == "bert" else "text-generation-with-past"
        values = python(OPTIMUM, FOLDER=folder, TASK=task)
        whole([optimum, *values[1:]], f"optimum, {name}")
    weights = os.path.join(folder, "hf", "model.safetensors")
    for model in (name,) if name == "bert" else (name, f"{name}last"):
        target = os.path.join(folder, f"archc-{model}")
        shutil.rmtree(target, ignore_errors=True)
        archc(SPEC, model, target, "--weights", weights)


class Side:
    """One file in a session of its own, fed by the names that its inputs have."""

    def __init__(self, path, name):
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.log_severity_level = 3
        self.session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.name = name
        self.outputs = [o.name for o in self.session.get_outputs()]
        if name == "bert":
            # optimum leaves the pooled token out; then it is left out on all sides.
            self.outputs = self.outputs[:1]

    def feeds(self, ids, caches):
        import numpy as np
        import onnxruntime as ort

        seq, past = ids.shape[1], caches[0].shape[2] if caches else 0
        given, at = {}, 0
        for port in self.session.get_inputs():
            if port.name == "input_ids":
                value = ids
            elif port.name == "attention_mask":
                value = np.ones((1, past + seq), np.int64)
            elif port.name == "position_ids":
                value = np.arange(past, past + seq, dtype=np.int64)[None]
            elif port.name == "token_type_ids":
                value = np.zeros((1, seq), np.int64)
            else:
                value, at = caches[at], at + 1
            given[port.name] = ort.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(value))
        return given

    def run(self, given):
        return self.session.run_with_ort_values(self.outputs, given)


def turns(calls, rounds):
    """Seconds of each call in each round, the calls in turn; two rounds to warm up."""
    times = []
    for i in range(rounds + 2):
        row = []
        for call in calls:
            began = time.perf_counter()
            call()
            row.append(time.perf_counter() - began)
        if i >= 2:
            times.append(row)
    return list(zip(*times))


def compare(name, folder, rounds, sizes, pasts):
    import gc

    import numpy as np
    import torch

    space = {"__name__": "bench"}
    exec(MODEL, space)  # noqa: S102
    eager = space["make"](name)
    random = np.random.default_rng(0)
    rows = []
    have = {"torch.onnx": lambda what: f"{folder}/{what}.onnx", "optimum": lambda _: f"{folder}/optimum/model.onnx"}

    def caches(past):
        c = eager.config
        heads = getattr(c, "num_key_value_heads", None) or c.num_attention_heads
        shape = (1, heads, past, c.hidden_size // c.num_attention_heads)
        return [random.normal(0, 0.1, shape).astype(np.float32) for _ in range(2 * c.num_hidden_layers)]

    def torch_call(ids, past, last):
        tensors = [torch.from_numpy(c) for c in past]
        given = torch.from_numpy(ids)

        def call():
            with torch.no_grad():
                if name == "bert":
                    return [eager(input_ids=given).last_hidden_state]
                cache = space["DynamicCache"]()
                for i in range(len(tensors) // 2):
                    cache.update(tensors[2 * i], tensors[2 * i + 1], i)
                more = {"logits_to_keep": 1} if last else {}
                return space["outputs"](eager(input_ids=given, past_key_values=cache, use_cache=True, **more))

        return call

    def case(label, ours, what, ids, past, last=False):
        sides = {"archc": ours} | {k: f(what) for k, f in have.items() if os.path.exists(f(what))}
        calls, results = {}, {}
        for side, path in sides.items():
            session = Side(path, name)
            given = session.feeds(ids, past)
            calls[side] = lambda session=session, given=given: session.run(given)
            results[side] = [v.numpy() for v in calls[side]()]
        calls["eager"] = torch_call(ids, past, last)
        results["eager"] = [t.numpy() for t in calls["eager"]()]
        worst = 0.0
        for side, got in results.items():
            for i, (a, b) in enumerate(zip(got, results["archc"], strict=True)):
                a = a[:, -1:] if last and i == 0 else a
                difference = float(np.abs(a - b).max())
                worst = max(worst, difference)
                if a.shape != b.shape or not difference < 2e-3:
                    raise SystemExit(f"{label}: {side} and archc differ by {difference} in output {i}")
        results.clear()
        times = dict(zip(calls, turns(list(calls.values()), rounds)))
        ours_ms = statistics.median(times["archc"]) * 1000

        def cell(side):
            if side not in times:
                return ""
            median = statistics.median(a / b for a, b in zip(times["archc"], times[side]))
            least = min(times["archc"]) / min(times[side])
            return f"{median:.2f} ({least:.2f})"

        rows.append((f"{name}, {label}", f"{ours_ms:.1f} ms", *(cell(s) for s in ("torch.onnx", "optimum", "eager")), f"{worst:.0e}"))
        calls.clear()
        gc.collect()

    for size in sizes:
        ids = random.integers(0, VOCABULARY[name], (1, size))
        case(f"1 x {size}", f"{folder}/archc-{name}/model.onnx", "prefill", ids, [] if name == "bert" else caches(0))
    if name != "bert":
        ids = random.integers(0, VOCABULARY[name], (1, sizes[-1]))
        case(f"1 x {sizes[-1]}, last logits", f"{folder}/archc-{name}last/model.onnx", "prefill", ids, caches(0), last=True)
        for past in pasts:
            ids = random.integers(0, VOCABULARY[name], (1, 1))
            case(f"a token behind {past}", f"{folder}/archc-{name}/model.onnx", "step", ids, caches(past))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="gpt2,bert")
    parser.add_argument("--sizes", default="128,512", help="of a pass")
    parser.add_argument("--pasts", default="128,512", help="what a decoded token looks back on")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--optimum", default=None, help="a Python that has optimum-onnx")
    parser.add_argument("--folder", default=os.path.join(ROOT, "out", "peers"))
    parser.add_argument("--prepare", action="store_true")
    options = parser.parse_args()
    numbers = lambda text: [int(n) for n in text.split(",") if n]
    rows = []
    for name in options.models.split(","):
        folder = os.path.join(os.path.abspath(options.folder), name)
        prepare(name, folder, options.optimum)
        if not options.prepare:
            rows += compare(name, folder, options.rounds, numbers(options.sizes), numbers(options.pasts))
    if options.prepare:
        return
    import onnxruntime as ort

    print(f"\nONNX Runtime {ort.__version__}, {load()}: archc / peer, median of {options.rounds} rounds (and of the least times)\n")
    table(("", "archc", "torch.onnx", "optimum", "PyTorch eager", "largest difference"), rows)
    with open(os.path.join(os.path.abspath(options.folder), "last.json"), "w") as file:
        json.dump(rows, file)


main()
