"""Latency, agreement and determinism of every engine, interleaved block by block.

    python bench_inference.py --models compact64 --engines onnxruntime,openvino

All engines of one model and thread count are alive at once; time is handed out in short blocks, round robin,
with every other engine stopped (SIGSTOP), so ratios between engines come from the same minutes. Before each
block the script waits until other processes are quiet. A record's `rounds_ms` are the block medians (ms per
image); `session` names the interleaved run they belong to.
"""
import argparse
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np

import common
import engines
import models as M
from common import HERE


class Worker:
    def __init__(self, engine, name, precision, threads, directory, batches, timeout=300):
        self.tag = f"{engine}/{precision}"
        self.p = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(HERE / "worker.py"), "serve", engine, name, precision, str(threads),
             directory, ",".join(map(str, batches))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.ready = self.read(timeout)
        self.stop()

    def read(self, timeout):
        if not select.select([self.p.stdout], [], [], timeout)[0]:
            self.p.kill()
            raise RuntimeError(f"{self.tag}: no answer in {timeout} s")
        line = self.p.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.tag}: worker ended with {self.p.wait()}")
        return json.loads(line)

    def stop(self):
        self.p.send_signal(signal.SIGSTOP)

    def ask(self, timeout=300, **cmd):
        self.p.send_signal(signal.SIGCONT)
        self.p.stdin.write((json.dumps(cmd) + "\n").encode())
        self.p.stdin.flush()
        r = self.read(timeout)
        self.stop()
        return r

    def close(self):
        self.p.kill()
        self.p.wait()


class Python:
    """An in-process engine, behind the same three calls as an external one."""
    def __init__(self, engine, name, precision, threads, directory, batches):
        self.w = Worker(engine, name, precision, threads, directory, batches)
        self.info = self.w.ready
        self.note = engines.ENGINES[engine].note.get(precision, "")
        self.tmp = tempfile.TemporaryDirectory()
        self.size = sum(os.path.getsize(os.path.join(directory, f)) for f in engines.ENGINES[engine].files(name, precision))

    def images(self, batch):
        path = os.path.join(self.tmp.name, "o.npy")
        self.w.ask(cmd="run", batch=batch, out=path)
        return np.load(path)

    def block(self, batch, seconds, warmup):
        ms = self.w.ask(cmd="time", batch=batch, seconds=seconds, warmup=warmup)["ms"]
        return float(np.median(ms)) / batch, min(ms) / batch

    def close(self):
        self.w.close()


class Command:
    def __init__(self, spec, name, precision, threads, directory, native):
        self.e = common.External(spec, directory, native, name, precision, threads)
        self.info, self.note = {}, spec.get("note", {}).get(precision, "")
        self.size = sum(os.path.getsize(f) for f in self.e.files())

    def images(self, batch):
        self.e.call(M.latents(16), batch, 0, 0)
        return np.array(self.e.images(16))

    def block(self, batch, seconds, warmup):
        r, _ = self.e.call(M.latents(max(16, batch)), batch, seconds, warmup)
        return r["median_ms"] / batch, r["min_ms"] / batch

    def close(self):
        pass


def started(name, threads, names, external, batches, args, outputs):
    """All engines of a model and thread count, each in its own process; adds their images to `outputs`."""
    live = {}
    for eng in names:
        for prec in args.precisions.split(","):
            have = external[eng]["kinds"] if eng in external else engines.ENGINES[eng].precisions
            if prec not in have:
                continue
            try:
                live[eng, prec] = (
                    Command(external[eng], name, prec, threads, args.models_dir, args.native_dir)
                    if eng in external else Python(eng, name, prec, threads, args.models_dir, batches))
                for b in batches:
                    outputs[eng, prec, threads, b] = live[eng, prec].images(b)
            except Exception as e:
                print(f"  {eng} {prec} {name}: not measured: {str(e)[:200]}")
                live.pop((eng, prec), None)
    return live


def sampled(live, batches, rounds, seconds):
    """Timed blocks of all engines in turn, (median, fastest, how busy others were) for each engine and batch; and the steal."""
    steal0 = common.cpu_ticks()
    samples = {}
    for r in range(rounds):
        order = sorted(live)
        order = order[r % max(1, len(order)):] + order[:r % max(1, len(order))]
        for b in batches:
            for key in order:
                busy = common.wait_quiet()
                med, low = live[key].block(b, seconds, 3 if r == 0 else 1)
                samples.setdefault((*key, b), []).append((med, low, busy))
    steal1 = common.cpu_ticks()
    return samples, (steal1[2] - steal0[2]) / max(1, steal1[1] - steal0[1])


def record(name, threads, key, s, engine, images, ref, steal):
    """What is kept of one engine, model, thread count and batch."""
    eng, prec, b = key
    med = [x[0] for x in s]
    d = np.abs(images - ref)
    rec = dict(model=name, engine=eng, precision=prec, threads=threads, batch=b,
               ms_per_image=round(float(np.median(med)), 5), ms_per_image_min=round(min(x[1] for x in s), 5),
               images_per_s=round(1e3 / float(np.median(med)), 1), rounds_ms=[round(m, 5) for m in med],
               others_busy_max=max(x[2] for x in s), steal=round(steal, 4),
               gmacs_per_s=round(M.MODELS[name].macs() / float(np.median(med)) / 1e6, 2),
               max_abs_diff=float(d.max()), mean_abs_diff=float(d.mean()), model_bytes=engine.size, note=engine.note)
    if "executed" in engine.info:
        rec["executed"] = [e for e in engine.info["executed"] if e[0] in
                           ("Deconvolution", "Convolution", "FullyConnected", "MatMul", "Eltwise", "Subgraph")]
    print(f"{name:10s} t{threads} b{b:<2d} {eng:15s} {prec}  {rec['ms_per_image']:9.4f} ms/img "
          f"(min {rec['ms_per_image_min']:.4f})  {rec['gmacs_per_s']:8.1f} GMAC/s  "
          f"maxdiff {rec['max_abs_diff']:.1e}  busy {rec['others_busy_max']}", flush=True)
    return rec


def determinism(session, name, outputs):
    """For each engine, whether its bits depend on threads or on the batch."""
    def same(a, b):
        if a not in outputs or b not in outputs:
            return None
        return bool(np.array_equal(outputs[a].view(np.int32), outputs[b].view(np.int32)))
    return [dict(session=session, model=name, engine=eng, precision=prec,
                 threads_1_vs_2_batch1=same((eng, prec, 1, 1), (eng, prec, 2, 1)),
                 threads_1_vs_2_batch16=same((eng, prec, 1, 16), (eng, prec, 2, 16)),
                 batch_1_vs_16_threads1=same((eng, prec, 1, 1), (eng, prec, 1, 16)),
                 batch_1_vs_16_threads2=same((eng, prec, 2, 1), (eng, prec, 2, 16)))
            for eng, prec in sorted({k[:2] for k in outputs})]


def options():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--models", default=",".join(M.MODELS))
    ap.add_argument("--engines", default="all", help="comma list; names from engines.py or an external file")
    ap.add_argument("--precisions", default="fp32,int8")
    ap.add_argument("--threads", default="1,2")
    ap.add_argument("--batches", default="1,16")
    ap.add_argument("--rounds", type=int, default=7)
    ap.add_argument("--seconds", type=float, default=0.25, help="length of one timed block")
    ap.add_argument("--models-dir", default=str(HERE / "build/models"))
    ap.add_argument("--native-dir", default=str(HERE / "build/native"))
    ap.add_argument("--external", action="append", default=[str(HERE / "external.json")])
    ap.add_argument("--results", default=str(HERE / "results.json"))
    args = ap.parse_args()
    args.models_dir, args.native_dir = os.path.abspath(args.models_dir), os.path.abspath(args.native_dir)
    return args


def main():
    args = options()
    external = common.load_external(args.external)
    names = list(engines.ENGINES) + list(external) if args.engines == "all" else args.engines.split(",")
    batches = [int(b) for b in args.batches.split(",")]
    session = time.strftime("%Y%m%d-%H%M%S")
    for name in args.models.split(","):
        with np.load(os.path.join(args.models_dir, name + ".npz")) as f:
            ref = f["images"]
        outputs, records = {}, []
        for threads in [int(t) for t in args.threads.split(",")]:
            live = started(name, threads, names, external, batches, args, outputs)
            samples, steal = sampled(live, batches, args.rounds, args.seconds)
            for key, s in sorted(samples.items()):
                images = outputs[key[0], key[1], threads, key[2]]
                records.append(dict(session=session, **record(name, threads, key, s, live[key[:2]], images, ref, steal)))
            for o in live.values():
                o.close()
        common.save_results(args.results, "inference", records, ("model", "engine", "precision", "threads", "batch"))
        common.save_results(args.results, "determinism", determinism(session, name, outputs), ("model", "engine", "precision"))


if __name__ == "__main__":
    main()
