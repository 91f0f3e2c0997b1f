"""From what the peers' scripts recorded to rows, and from rows to Markdown."""
import statistics

OURS = "thimble"


def comparison(results):
    """Rows by model, batch and threads; agreement with the ground truth; the machine and its limits."""
    limits, machine = results["limits"][0], results["machine"][0]
    records = {(r["model"], r["batch"], r["threads"], r["engine"]): r
               for r in results["inference"] if r["precision"] == "int8"}
    rows = []
    for model, batch, threads in dict.fromkeys(key[:3] for key in records):
        engines = {e: r for (m, b, t, e), r in records.items() if (m, b, t) == (model, batch, threads)}
        rows.append(row(model, batch, threads, engines, limits))
    agreement = [{"model": r["model"], "engine": r["engine"], "max_abs_diff": r["max_abs_diff"],
                  "mean_abs_diff": r["mean_abs_diff"], "model_bytes": r["model_bytes"]}
                 for (m, b, t, e), r in records.items() if (b, t) == min(k[1:3] for k in records if k[0] == m)]
    same = {d["model"]: {k: v for k, v in d.items() if "_vs_" in k}
            for d in results.get("determinism", []) if d["engine"] == OURS}
    return {"machine": {"processor": machine["model name"], "cores": machine["cores"], "dot_product": limits["dot"],
                        "peak_gmacs_per_s": {k[-1]: limits[k] / 2 for k in limits if k.startswith("int8_gops_")}},
            "rows": rows, "agreement": agreement, "same_bits": same}


def row(model, batch, threads, engines, limits):
    """One line of the table. The ratio is the median over rounds: engines of a round ran within the same seconds."""
    peers = {e: r for e, r in engines.items() if e != OURS}
    ours = engines.get(OURS)
    best = min(peers, key=lambda e: peers[e]["ms_per_image"], default=None)
    ratio = share = None
    if ours and best:
        ratio = statistics.median(p / o for p, o in zip(peers[best]["rounds_ms"], ours["rounds_ms"]))
    if ours and f"int8_gops_{threads}" in limits:
        share = ours["gmacs_per_s"] / (limits[f"int8_gops_{threads}"] / 2)
    return {"model": model, "batch": batch, "threads": threads,
            "gmacs_per_s": {e: r["gmacs_per_s"] for e, r in sorted(engines.items())},
            "ms_per_image": {e: r["ms_per_image"] for e, r in sorted(engines.items())},
            "best_peer": best, "times_best_peer": ratio, "share_of_peak": share,
            "others_busy_max": max(r["others_busy_max"] for r in engines.values())}


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def number(value, form):
    return "-" if value is None else format(value, form)


def markdown(comparison, layers):
    machine, rows = comparison["machine"], comparison["rows"]
    peers = sorted({e for r in rows for e in r["gmacs_per_s"]} - {OURS})
    peak = ", ".join(f"{v:.0f} on {k}" for k, v in machine["peak_gmacs_per_s"].items())
    busy = max((r["others_busy_max"] for r in rows), default=0)
    parts = [
        f"{machine['processor']}, {machine['cores']} cores; measured peak of {machine['dot_product']} in GMAC/s: {peak} "
        f"core(s). int8, GMAC/s (kernel x kernel / stride^2 taps an output pixel), engines interleaved; other processes took "
        f"at most {busy:.0%} of the processors.",
        table(["model", "batch", "threads", OURS, *peers, "best peer", "times as fast", "share of peak"],
              [[r["model"], r["batch"], r["threads"],
                *(number(r["gmacs_per_s"].get(e), ".1f") for e in [OURS, *peers]), r["best_peer"] or "-",
                number(r["times_best_peer"], ".2f"), number(r["share_of_peak"], ".0%")] for r in rows]),
        "Difference to the f32 network over 16 images in [-1, 1], and bytes of the model:",
        table(["model", "engine", "largest", "mean", "bytes"],
              [[a["model"], a["engine"], f"{a['max_abs_diff']:.1e}", f"{a['mean_abs_diff']:.1e}", a["model_bytes"]]
               for a in comparison["agreement"]]),
    ]
    for model, same in comparison["same_bits"].items():
        words = {True: "the same bits", False: "OTHER BITS", None: "not measured"}
        parts.append(f"{OURS}, {model}: " + "; ".join(f"{k.replace('_', ' ')}: {words[v]}" for k, v in same.items()) + ".")
    for title, text in layers.items():
        parts.append(f"### {title}\n\n```\n{text}\n```")
    return "\n\n".join(parts)
