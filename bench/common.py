"""What the benches share: commands with their time and memory, archc, and tables that the README quotes."""
import os
import resource
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# The command as it is installed.
CLI = os.path.join("dist", "bin", "archc.js")
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def measured(command, timeout=None, limit_gb=None):
    """Seconds on the wall, peak resident set in MB, and how it ended: "done", "timeout", or its last words.

    `limit_gb` ends it before the machine has to: a resident set beyond it counts as out of memory.
    """
    began = time.perf_counter()
    os.makedirs(os.path.join(ROOT, "out"), exist_ok=True)
    with open(os.path.join(ROOT, "out", "bench.log"), "w+") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        ended = None

        def watch():
            nonlocal ended
            while process.returncode is None:
                if timeout is not None and time.perf_counter() - began > timeout:
                    ended = f"stopped after {timeout} s"
                elif limit_gb is not None and resident(process.pid) > limit_gb * 1000:
                    ended = f"stopped at {limit_gb} GB"
                if ended:
                    process.kill()
                    return
                time.sleep(0.2)

        threading.Thread(target=watch, daemon=True).start()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        seconds = time.perf_counter() - began
        if status != 0 and ended is None:
            log.seek(0)
            words = [line.strip() for line in log.read().splitlines() if line.strip()]
            ended = words[-1] if words else f"ended with {status}"
    return seconds, usage.ru_maxrss / 1000, ended or "done"


def resident(pid):
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        return 0


def node(*args):
    return ["node", CLI, *args]


def python(code, **values):
    """A Python of its own that runs `code` with `values` as names."""
    return [sys.executable, "-c", "".join(f"{k} = {v!r}\n" for k, v in values.items()) + code]


def archc(text, model, folder, *more):
    """Builds a model of a spec that is written beside the published ones."""
    spec = os.path.join(ROOT, "specs", f".bench-{os.getpid()}.arch")
    with open(spec, "w") as file:
        file.write(text)
    try:
        result = measured(node("build", spec, "--model", model, "--target", "onnx", "-o", folder, *more))
    finally:
        os.remove(spec)
    if result[2] != "done":
        raise SystemExit(f"archc build {model}: {result[2]}")
    return result


def table(head, rows):
    """Markdown, as the README has it."""
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)


def load():
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
