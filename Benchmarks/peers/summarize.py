"""Turns results.json into results.md (tables only; the findings at the top come from notes.md if present)."""
import argparse
import pathlib

import common
import models as M
from common import HERE

CONFIGS = ((1, 1), (1, 16), (2, 1), (2, 16))


def table(head, rows):
    return "\n".join(["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
                     + ["| " + " | ".join(str(c) for c in r) + " |" for r in rows]) + "\n"


def yes(v):
    return {True: "identical", False: "**differ**", None: "-"}[v]


# Engines whose "int8" transposed convolutions run in fp32.
FP32_INSIDE = {"onnxruntime"}


class Limits:
    """The machine's measured limits."""

    def __init__(self, res):
        self.values = res["limits"][0]

    def peak(self, precision, threads):
        """GFLOP/s or GOP/s, a multiply-accumulate being two of them."""
        return self.values[f"{'int8_gops' if precision == 'int8' else 'fp32_gflops'}_{threads}"]


def in_order(record):
    """The order of models, as in models.py."""
    return list(M.MODELS).index(record["model"])


def machine(res, limits):
    """The machine, its limits, and what they say of each model."""
    o, lim, peak = [], limits.values, limits.peak
    m = res["machine"][0]
    o.append("## Machine and its limits\n")
    o.append(f"{m['model name']} (family {m['cpu family']}), {m['cores']} cores, {m['memory_gib']} GiB, "
             f"Python {m['python']}; {lim['isa']}, {lim['dot']}.\n")
    o.append(table(["limit", "1 core", "2 cores"], [
        ["fp32 FMA, GFLOP/s (1 MAC = 2)", lim["fp32_gflops_1"], lim["fp32_gflops_2"]],
        ["int8 dot product, GOP/s (1 MAC = 2)", lim["int8_gops_1"], lim["int8_gops_2"]],
        ["read DRAM, GB/s", lim["dram_read_gbs_1"], lim["dram_read_gbs_2"]],
        ["read L3 (8 MiB per core), GB/s", lim["l3_read_gbs_1"], lim["l3_read_gbs_2"]],
        ["read L2 (512 KiB), GB/s", lim["l2_read_gbs_1"], lim["l2_read_gbs_2"]]]))
    rows = []
    for mod in M.MODELS.values():
        shortest = {(prec, n): 2 * mod.macs() / peak(prec, n) / 1e6 for prec in ("fp32", "int8") for n in (1, 2)}
        rows.append([mod.name, f"{mod.macs()/1e6:.1f}", f"{mod.macs(True)/1e6:.1f} ({mod.macs(True)/mod.macs():.0%})",
                     f"{mod.n_params()/1e6:.2f}", f"{shortest['fp32', 1]:.3f}", f"{shortest['fp32', 2]:.3f}",
                     f"{shortest['int8', 1]:.4f}", f"{shortest['int8', 2]:.4f}"])
    o.append("Shortest possible time per image from arithmetic alone (ms), on the k*k/4 count. Taps that fall off the "
             "border are included in it; an engine that skips them can beat these times by the percentage shown, and "
             "its share below overstates how busy the multipliers are.\n")
    o.append(table(["model", "MMAC/image", "without taps off the border", "M params", "fp32 1 core", "fp32 2 cores",
                    "int8 1 core", "int8 2 cores"], rows))
    return o


def engine_rows(inf, name, prec, limits):
    """One row an engine, the fastest first: times and shares of the limit, size, differences to the ground truth."""
    rows = []
    engs = sorted({k[1] for k in inf if k[0] == name})
    best = {c: min((inf[name, e, prec, *c]["ms_per_image"] for e in engs if (name, e, prec, *c) in inf), default=0)
            for c in CONFIGS}
    for e in engs:
        if not any((name, e, prec, *c) in inf for c in CONFIGS):
            continue
        star = prec == "int8" and e in FP32_INSIDE
        row, diff = [e + ("*" if star else "")], 0
        for c in CONFIGS:
            r = inf.get((name, e, prec, *c))
            if not r:
                row.append("-")
                continue
            ms = r["ms_per_image"]
            share = 2 * r["gmacs_per_s"] / limits.peak("fp32" if star else prec, c[0])
            s = f"{ms:.4f}" if ms < 1 else f"{ms:.3f}"
            row.append((f"**{s}**" if ms == best[c] else s) + f" ({share:.0%})")
            diff = max(diff, r["max_abs_diff"])
            size, mean = r["model_bytes"], r["mean_abs_diff"]
        rows.append((inf.get((name, e, prec, 1, 1), r or {}).get("ms_per_image", 9e9),
                     row + [f"{size/1e6:.2f}", f"{diff:.1e}", f"{mean:.1e}"]))
    return [row for _, row in sorted(rows, key=lambda x: x[0])]


def inference(res, limits):
    """Time of an image for each engine."""
    o = ["## Inference: ms per image (share of the arithmetic limit)\n",
         "t = threads, b = batch. Median of block medians; the fastest of each column and precision is bold. "
         "All engines of one model and thread count ran interleaved. `*` = the transposed convolutions run in "
         "fp32, share is of the fp32 limit.\n"]
    inf = {(r["model"], r["engine"], r["precision"], r["threads"], r["batch"]): r for r in res.get("inference", [])}
    for name in M.MODELS:
        for prec in ("fp32", "int8"):
            o.append(f"### {name} {prec}\n")
            o.append(table(["engine"] + [f"t{t} b{b}" for t, b in CONFIGS] + ["model MB", "max diff", "mean diff"],
                           engine_rows(inf, name, prec, limits)))
    if res.get("inference_tinygrad"):
        o.append("### tinygrad (separate session, fp32, with openvino as the yardstick)\n")
        o.append(table(["model", "threads", "batch", "engine", "ms/image"],
                       [[r["model"], r["threads"], r["batch"], r["engine"], f"{r['ms_per_image']:.3f}"]
                        for r in res["inference_tinygrad"]]))
    return o


def cold_start(res):
    """Time to the first image, memory and code of a fresh process."""
    o = []
    o.append("## Cold start and memory (fresh process, one thread, one image)\n")
    o.append("Peak and own share (peak minus interpreter + numpy before importing the engine) in MiB; wall time from "
             "process start to the first image, and the part after Python and numpy are up (import engine, load, run).\n")
    for name in M.MODELS:
        cs = sorted((r for r in res.get("coldstart", []) if r["model"] == name), key=lambda r: r["rss_peak_mib"])
        o.append(f"### {name}\n")
        o.append(table(["engine", "precision", "first image ms", "of it the engine", "peak RSS", "own share"],
                       [[r["engine"], r["precision"], f"{r['first_image_ms']:.1f}",
                         f"{r['first_image_ms'] - r.get('python_ms', 0):.1f}", f"{r['rss_peak_mib']:.1f}",
                         f"{r['rss_peak_mib'] - r['rss_base_mib']:.1f}"] for r in cs]))

    foot = {}
    for r in res.get("coldstart", []):
        if "libs_bytes" in r:
            foot[r["engine"]] = max(foot.get(r["engine"], 0), r["libs_bytes"])
    o.append("### Size of the code that runs\n")
    o.append("Shared libraries the engine maps while making an image (Python engines: beyond Python and numpy; native "
             "programs: the program and its libraries without the C/C++ runtime), MB.\n")
    o.append(table(["engine", "MB"], [[e, f"{b / 1e6:.2f}"] for e, b in sorted(foot.items(), key=lambda x: x[1])]))
    return o


def determinism(res):
    """Whether bits depend on threads or on the batch."""
    o = []
    o.append("## Determinism: are the output bits the same?\n")
    o.append(table(["model", "engine", "precision", "1 vs 2 threads, b1", "1 vs 2 threads, b16", "batch 1 vs 16, t1",
                    "batch 1 vs 16, t2"],
                   [[r["model"], r["engine"], r["precision"], yes(r["threads_1_vs_2_batch1"]), yes(r["threads_1_vs_2_batch16"]),
                     yes(r["batch_1_vs_16_threads1"]), yes(r["batch_1_vs_16_threads2"])]
                    for r in sorted(res.get("determinism", []), key=lambda r: (in_order(r), r["engine"], r["precision"]))]))
    return o


def training(res, limits):
    """Steps of training in PyTorch."""
    o = []
    o.append("## Training (torch, fp32, one full DCGAN step)\n")
    o.append(table(["model", "mode", "threads", "batch", "ms/step", "images/s", "peak RSS MiB", "share of fp32 limit"],
                   [[r["model"], r["mode"], r["threads"], r["batch"], f"{r['ms_per_step']:.1f}", f"{r['images_per_s']:.1f}",
                     f"{r['rss_peak_mib']:.0f}", f"{2 * r['gmacs_per_s'] / limits.peak('fp32', r['threads']):.0%}"]
                    for r in sorted(res.get("training", []), key=lambda r: (in_order(r), r["mode"], r["threads"]))]))
    o.append("Weights after the same seeded steps, eager:\n")
    o.append(table(["model", "steps", "same thread count, run twice", "1 vs 2 threads"],
                   [[r["model"], r["steps"], ", ".join(f"{t}: {yes(v)}" for t, v in r["repeat_identical"].items()),
                     yes(r["threads_1_vs_2_identical"])] for r in res.get("training_determinism", [])]))
    return o


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--results", default=str(HERE / "results.json"))
    ap.add_argument("--out", default=str(HERE / "results.md"))
    args = ap.parse_args()
    res = common.load_results(args.results)
    limits = Limits(res)
    o = ["# Peer measurements\n"]
    notes = HERE / "notes.md"
    if notes.exists():
        o.append(notes.read_text())
    o += machine(res, limits) + inference(res, limits) + cold_start(res) + determinism(res) + training(res, limits)
    pathlib.Path(args.out).write_text("\n".join(o))
    print("wrote", args.out)


if __name__ == "__main__":
    main()
