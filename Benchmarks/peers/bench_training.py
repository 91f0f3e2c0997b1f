"""DCGAN training step in torch on CPU: speed, memory, and whether seeded runs repeat bit for bit.

    python bench_training.py --models mnist28,compact32 --threads 1,2 --modes eager,channels_last,compile

One step = discriminator on real + on fake (detached), Adam step; then generator through the updated
discriminator, Adam step (lr 2e-4, beta1 0.5, BCE with logits), fp32. The discriminator mirrors the generator
(stride-2 convolutions, LeakyReLU 0.2, BN except first). Every (model, mode, threads) runs in a fresh process.
Useful MACs per image are counted as 3 x G + 8 x D forward MACs. G: forward, weight gradient, input gradient.
D: the same three for real and for fake, and two (forward, input gradient) when G is trained through it; the
weight gradients that torch's plain loop also computes there are not useful work and not counted.
"""
import argparse
import hashlib
import json
import os
import subprocess
import sys
import time

import models as M
from common import HERE, save_results, wait_quiet

BATCH = {"paper64": 16}                       # 128 for the others


def discriminator(model):
    """torch module and its forward MACs per image."""
    from torch import nn
    mods, macs, n = [], 0, model.image_shape[1]
    for i, c in enumerate(reversed(model.convs)):
        bias = i == 0
        mods.append(nn.Conv2d(c.cout, c.cin, c.k, 2, c.p, bias=bias))
        n //= 2
        macs += n * n * c.cin * c.cout * c.k * c.k
        if i:
            mods.append(nn.BatchNorm2d(c.cin))
        mods.append(nn.LeakyReLU(0.2))
    mods += [nn.Flatten(), nn.Linear(model.channels * n * n, 1)]
    return nn.Sequential(*mods), macs + model.channels * n * n


class Training:
    """Both networks, their optimisers and some real images, ready for steps."""

    def __init__(self, name, mode):
        import numpy as np
        import torch
        from torch import nn
        from export_models import torch_generator
        self.torch, self.model, self.batch = torch, M.MODELS[name], BATCH.get(name, 128)
        torch.manual_seed(0)
        g = torch_generator(self.model, M.raw_weights(self.model)).train()
        for m in g.modules():
            if isinstance(m, nn.BatchNorm2d):
                m.momentum = 0.1
        d, self.d_macs = discriminator(self.model)
        for m in d.modules():
            if isinstance(m, (nn.Conv2d, nn.Linear)):
                nn.init.normal_(m.weight, 0, 0.02)
            elif isinstance(m, nn.BatchNorm2d):
                nn.init.normal_(m.weight, 1, 0.02)
        self.og = torch.optim.Adam(g.parameters(), 2e-4, (0.5, 0.999))
        self.od = torch.optim.Adam(d.parameters(), 2e-4, (0.5, 0.999))
        self.loss = nn.BCEWithLogitsLoss()
        self.ones, self.zeros = torch.ones(self.batch, 1), torch.zeros(self.batch, 1)
        rng = np.random.default_rng(5)
        real = torch.from_numpy(rng.uniform(-1, 1, (4, self.batch, *self.model.image_shape)).astype(np.float32))
        if mode == "channels_last":
            g, d = (m.to(memory_format=torch.channels_last) for m in (g, d))
            self.reals = [r.to(memory_format=torch.channels_last) for r in real]
        else:
            self.reals = list(real)
        self.networks = g, d
        self.g, self.d = (torch.compile(g), torch.compile(d)) if mode == "compile" else (g, d)

    def step(self, i):
        z = self.torch.from_numpy(M.latents(self.batch, seed=1000 + i))
        self.od.zero_grad(set_to_none=True)
        self.loss(self.d(self.reals[i % 4]), self.ones).backward()
        fake = self.g(z)
        self.loss(self.d(fake.detach()), self.zeros).backward()
        self.od.step()
        self.og.zero_grad(set_to_none=True)
        self.loss(self.d(fake), self.ones).backward()
        self.og.step()

    def digest(self):
        """Of all weights."""
        h = hashlib.sha256()
        for network in self.networks:
            for p in network.state_dict().values():
                h.update(p.detach().numpy().tobytes())
        return h.hexdigest()[:16]


def child(name, mode, threads, steps, warmup, seconds):
    """Steps in this process: a digest of the weights after `steps` of them, or their speed."""
    import numpy as np
    import torch
    torch.set_num_threads(threads)
    if threads == 1:
        os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[0]})
    training = Training(name, mode)
    t = time.perf_counter()
    for i in range(warmup):
        training.step(i)
    warm_s = time.perf_counter() - t
    if steps:
        for i in range(warmup, steps):
            training.step(i)
        print(json.dumps({"digest": training.digest()}))
        return
    ms, end, i = [], time.perf_counter() + seconds, warmup
    while len(ms) < 3 or time.perf_counter() < end:
        t = time.perf_counter()
        training.step(i)
        ms.append((time.perf_counter() - t) * 1e3)
        i += 1
    with open("/proc/self/status") as f:
        hwm = next(int(line.split()[1]) for line in f if line.startswith("VmHWM")) / 1024
    med, batch = float(np.median(ms)), training.batch
    macs = 3 * training.model.macs() + 8 * training.d_macs
    print(json.dumps({"batch": batch, "ms_per_step": round(med, 2), "ms_per_step_min": round(min(ms), 2),
                      "images_per_s": round(batch / med * 1e3, 2), "steps": len(ms), "warmup_s": round(warm_s, 2),
                      "rss_peak_mib": round(hwm, 1), "macs_per_image": macs,
                      "gmacs_per_s": round(macs * batch / med / 1e6, 2)}))


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--models", default=",".join(M.MODELS))
    ap.add_argument("--threads", default="1,2")
    ap.add_argument("--modes", default="eager,channels_last,compile")
    ap.add_argument("--seconds", type=float, default=10)
    ap.add_argument("--results", default=str(HERE / "results.json"))
    ap.add_argument("--child", nargs=6, help=argparse.SUPPRESS)
    args = ap.parse_args()
    if args.child:
        name, mode, threads, steps, warmup, seconds = args.child
        return child(name, mode, int(threads), int(steps), int(warmup), float(seconds))

    def run(*a):
        p = subprocess.run([sys.executable, "-W", "ignore", __file__, "--child", *map(str, a)],
                           capture_output=True, text=True, timeout=900)
        if p.returncode:
            raise RuntimeError(p.stderr[-400:])
        return json.loads(p.stdout.strip().splitlines()[-1])

    for name in args.models.split(","):
        records, digests = [], {}
        for mode in args.modes.split(","):
            for threads in map(int, args.threads.split(",")):
                busy = wait_quiet()
                try:
                    r = run(name, mode, threads, 0, 2, args.seconds)
                except Exception as e:
                    print(f"  {name} {mode} t{threads}: not measured: {str(e)[-300:]}")
                    continue
                records.append(dict(model=name, mode=mode, threads=threads, others_busy=busy, **r))
                print(f"{name:10s} {mode:8s} t{threads} batch {r['batch']:4d}  {r['ms_per_step']:9.1f} ms/step  "
                      f"{r['images_per_s']:9.1f} images/s  peak RSS {r['rss_peak_mib']:.0f} MiB", flush=True)
                if mode == "eager":
                    digests[threads] = [run(name, mode, threads, 3, 1, 0)["digest"] for _ in range(2)]
        save_results(args.results, "training", records, ("model", "mode", "threads"))
        if digests:
            det = dict(model=name, mode="eager", steps=3, digests=digests,
                       repeat_identical={t: d[0] == d[1] for t, d in digests.items()},
                       threads_1_vs_2_identical=(digests[1][0] == digests[2][0]) if {1, 2} <= set(digests) else None)
            print("          ", det["repeat_identical"], "1 vs 2 threads:", det["threads_1_vs_2_identical"])
            save_results(args.results, "training_determinism", [det], ("model", "mode"))


if __name__ == "__main__":
    main()
