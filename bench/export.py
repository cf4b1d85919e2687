"""Making the ONNX file of GPT-2 small and XL: archc (weights drawn, both graphs in one) against torch.onnx (one graph of
one pass, without caches), each in a process of its own: seconds until the files are on the disk, and peak memory.

    npm run build && python bench/export.py [--models small,xl] [--rounds 3] [--folder DIR [--touch]] [--timeout 400] [--limit 20]

archc syncs what it writes and torch.onnx does not, so its files are synced after it, and the table says how long that
took. A DIR on a file system in memory (/dev/shm, with --touch) leaves the disk out. Needs torch, transformers, onnx and onnxscript, and
7 GB of disk for XL. torch.onnx is stopped after --timeout seconds or at --limit GB, and the table says so.
"""
import argparse
import os
import shutil
import statistics
import tempfile
import time

from common import archc, load, measured, python, table

TORCH = """
import torch
from transformers import GPT2Config, GPT2LMHeadModel
model = GPT2LMHeadModel(GPT2Config(**CONFIG)).eval()
class Prefill(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.model = model
    def forward(self, ids):
        return self.model(input_ids=ids, use_cache=False).logits
batch, seq = torch.export.Dim("batch"), torch.export.Dim("seq")
with torch.no_grad():
    torch.onnx.export(Prefill(), (torch.zeros(2, 8, dtype=torch.long),), FOLDER + "/model.onnx", dynamo=True,
                      opset_version=20, dynamic_shapes=({0: batch, 1: seq},), external_data=True)
"""

SPEC = """import { Gpt2Small, Gpt2XL } from "./gpt2.arch"
model Small : Gpt2Small { }
model XL : Gpt2XL { }
"""

MODELS = {"small": ("Small", {}), "xl": ("XL", {"n_embd": 1600, "n_layer": 48, "n_head": 25})}


def touch(place, gigabytes):
    """Writes and removes as much as a side will write: on a virtual machine, pages of memory that were not used for long
    come from the host, several times slower than others, and the first side would pay for both."""
    path = os.path.join(place or tempfile.gettempdir(), f"archc-touch-{os.getpid()}")
    try:
        with open(path, "wb") as file:
            for _ in range(int(gigabytes * 64)):
                file.write(bytes(2**24))
    finally:
        os.remove(path)


def in_folder(place, run):
    """Runs in a folder of its own: seconds with its files synced, peak memory, how it ended, and the sync's seconds."""
    folder = tempfile.mkdtemp(prefix="archc-export-", dir=place)
    try:
        seconds, memory, ended = run(folder)
        began = time.perf_counter()
        for path, _, files in os.walk(folder):
            for file in files:
                handle = os.open(os.path.join(path, file), os.O_RDONLY)
                os.fsync(handle)
                os.close(handle)
        synced = time.perf_counter() - began
        return seconds + synced, memory, ended, synced
    finally:
        shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="small,xl")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts; XL is made once")
    parser.add_argument("--folder", help="where the files are written; the system's folder of temporary files unless told")
    parser.add_argument("--touch", action="store_true", help="before each run write and remove as much, for a DIR in memory")
    parser.add_argument("--timeout", type=float, default=400)
    parser.add_argument("--limit", type=float, default=20)
    options = parser.parse_args()
    rows = []
    for name in options.models.split(","):
        model, config = MODELS[name]
        ours, theirs = [], []
        ready = lambda: touch(options.folder, 6.2 if name == "xl" else 0.6) if options.touch else None
        for _ in range(1 if name == "xl" else options.rounds):
            ready()
            ours.append(in_folder(options.folder, lambda folder: archc(SPEC, model, f"{folder}/model")))
            torch = lambda folder: python(TORCH, FOLDER=folder, CONFIG=config)
            ready()
            theirs.append(in_folder(options.folder, lambda folder: measured(torch(folder), options.timeout, options.limit)))
        (s, mb, _), (t, peer, sync) = ([statistics.median(r[i] for r in side) for i in (0, 1, 3)] for side in (ours, theirs))
        ended = theirs[0][2]
        bound = "" if ended == "done" else " at most"
        how = f" (synced in {sync:.1f} s)" if ended == "done" else f" ({ended})"
        rows.append((f"GPT-2 {name}: time", f"{s:.1f} s", f"{t:.1f} s{how}", f"{s / t:.3f}{bound}"))
        rows.append((f"GPT-2 {name}: memory", f"{mb:.0f} MB", f"{peer:.0f} MB", f"{mb / peer:.3f}{bound}"))
    print(f"Making the ONNX file ({load()})\n")
    table(("", "archc", "torch.onnx", "ratio"), rows)


main()
