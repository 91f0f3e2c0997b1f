"""Training steps beside PyTorch's: the same networks, batches and losses, one after the other in the same session."""
import json
import subprocess
import sys

import tables

# Times PyTorch's best that a row shall reach, and those that are the goal.
FLOORS = {"mnist28": (2030 / 1565, 2500 / 1565), "compact32": (830 / 637, 1050 / 637),
          "compact64": (145 / 112, 185 / 112), "paper64": (18 / 14, 29 / 14)}


def measured(args, copy, python, root, run):
    """Rounds of PyTorch in each mode, then ours, for each network; the median of the rounds counts."""
    args.scratch.mkdir(parents=True, exist_ok=True)
    records = []
    for name in args.models:
        for round in range(args.rounds):
            for threads in args.threads.split(","):
                results = args.scratch / "training.json"
                results.unlink(missing_ok=True)
                run([python, "bench_training.py", "--models", name, "--threads", threads, "--modes", args.modes, "--seconds",
                     args.seconds, "--results", results], cwd=copy)
                peers = {f"PyTorch, {r['mode']}": r for r in json.loads(results.read_text())["training"]}
                words = [args.thimble, "bench", "train", root / f"Benchmarks/recipes/{name}.json", "--threads", threads,
                         "--seconds", args.seconds, "--json"]
                done = subprocess.run([str(w) for w in words], stdout=subprocess.PIPE, text=True, check=True)
                ours = json.loads(done.stdout.splitlines()[-1])
                records.append({"model": name, "threads": int(threads), "round": round, "peers": peers, "thimble": ours})
                best = max(peers, key=lambda e: peers[e]["images_per_s"])
                print(f"{name} t{threads}: {best} {peers[best]['images_per_s']:.1f}, Thimble {ours['images_per_s']:.1f} images/s",
                      file=sys.stderr, flush=True)
    return records


def middle(values):
    values = sorted(values)
    return values[len(values) // 2]


def rows(records):
    """One row a network and number of threads."""
    for name, threads in dict.fromkeys((r["model"], r["threads"]) for r in records):
        these = [r for r in records if (r["model"], r["threads"]) == (name, threads)]
        rates = {e: middle([r["peers"][e]["images_per_s"] for r in these]) for e in these[0]["peers"]}
        best = max(rates, key=rates.get)
        ours = middle([r["thimble"]["images_per_s"] for r in these])
        ratio = middle([r["thimble"]["images_per_s"] / r["peers"][best]["images_per_s"] for r in these])
        one = these[0]["thimble"]
        # The field's count of work an image, border taps and unused gradients included, against the measured peak.
        macs = these[0]["peers"][best]["macs_per_image"]
        peak = max(r["thimble"]["peak_gflops"] for r in these)
        yield {"model": name, "batch": one["batch"], "threads": threads, "best_peer": best, "peer": rates[best], "thimble": ours,
               "times": ratio, "peer_share": 2e-9 * macs * rates[best] / peak, "share": 2e-9 * macs * ours / peak,
               "peer_rss_mib": these[0]["peers"][best]["rss_peak_mib"], "rss_mib": one["rss_peak_mib"], "floor": FLOORS[name][0],
               "goal": FLOORS[name][1]}


def markdown(records):
    head = ["network", "batch", "threads", "best of PyTorch", "its images/s", "Thimble, images/s", "times", "floor", "goal",
            "PyTorch, of peak", "Thimble, of peak", "PyTorch, peak MB", "Thimble, peak MB"]
    lines = [[r["model"], r["batch"], r["threads"], r["best_peer"], f"{r['peer']:.1f}", f"{r['thimble']:.1f}",
              f"**{r['times']:.2f}**", f"{r['floor']:.2f}", f"{r['goal']:.2f}", f"{r['peer_share']:.0%}", f"{r['share']:.0%}",
              f"{r['peer_rss_mib']:.0f}", f"{r['rss_mib']:.0f}"] for r in rows(records)]
    return tables.table(head, lines)
