"""PyTorch's DCGAN, trained from a recipe on a packed set: what the same recipe gives elsewhere, and how fast.

    pip install torch numpy
    python3 torch_dcgan.py RECIPE.json SET.safetensors -o SAMPLES.safetensors [--steps N,N,...]

Networks, initial weights and updates are those of PyTorch's example (pytorch/examples, dcgan/main.py; Radford, Metz,
Chintala, 2015): 4x4 kernels, stride 2, padding 1, no biases, batch normalisation, ReLU and tanh in the generator, LeakyReLU in
the discriminator; each minibatch updates the discriminator (real, then generated), then the generator by the same latents. Sides,
widths and numbers are the recipe's. Two things of a recipe are not in the example: the running average of the generator's
weights (`generatorAverage`) and mirrored images (`mirrored`); --no-average and --no-mirror turn them off.

SET           `images` U8 [count, size, size, channels]; shuffled in each pass, images that do not fill a minibatch left out
SAMPLES       `images` F32 [n, channels, size, size] in [-1, 1], of the averaged generator if there is one. Its batch
              normalisation is frozen: mean and second moment, each averaged over 100 minibatches of 128 latents
The random numbers are PyTorch's, so no weight is the same as elsewhere. Times are wall time; those of training leave
sampling out. Exit codes: 0 done, 1 diverged, 64 usage, 65 bad input data, 66 input missing, 74 write failed.
"""

import argparse
import copy
import json
import pathlib
import struct
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional

FREEZING_BATCHES, FREEZING_BATCH = 100, 128
FIXED = {"geometry": "common", "latentDistribution": "normal", "firstLayerStatistics": "channel", "schedule": "both"}


def read_recipe(path):
    """The fields of a recipe that PyTorch's example can follow."""
    recipe = {"generatorAverage": 0.0, "mirrored": False, **json.loads(pathlib.Path(path).read_text(encoding="utf-8"))}
    for name, wanted in FIXED.items():
        if recipe[name] != wanted:
            raise ValueError(f"{path}: {name}: found {recipe[name]}, wanted {wanted}")
    for name in "generatorWidths", "discriminatorWidths":
        if recipe["size"] % 2 ** len(recipe[name]):
            raise ValueError(f"{path}: {name}: {len(recipe[name])} doublings do not make {recipe['size']}")
    return recipe


def read_set(path, recipe):
    """The images of a packed set, mapped: uint8 [count, size, size, channels]."""
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        entry = json.loads(file.read(length))["images"]
    side, shape = recipe["size"], entry["shape"]
    if entry["dtype"] != "U8" or shape[1:] != [side, side, recipe["channels"]] or shape[0] < recipe["batchSize"]:
        raise ValueError(f"{path}: images: found {entry['dtype']} {shape}, wanted at least {recipe['batchSize']} of U8 "
                         f"{[side, side, recipe['channels']]}")
    return np.memmap(path, np.uint8, "r", 8 + length + entry["data_offsets"][0], tuple(shape))


def make_generator(recipe):
    """Latents [n, latentLength, 1, 1] to images [n, channels, size, size]."""
    widths, width, layers = recipe["generatorWidths"], recipe["latentLength"], []
    for i, out in enumerate(widths):
        first = (recipe["size"] >> len(widths), 1, 0)
        layers += [nn.ConvTranspose2d(width, out, *((4, 2, 1) if i else first), bias=False),
                   nn.BatchNorm2d(out, recipe["batchNormEpsilon"]), nn.ReLU(True)]
        width = out
    return nn.Sequential(*layers, nn.ConvTranspose2d(width, recipe["channels"], 4, 2, 1, bias=False), nn.Tanh())


def make_discriminator(recipe):
    """Images [n, channels, size, size] to scores [n], before the logistic function."""
    widths, width, layers = recipe["discriminatorWidths"], recipe["channels"], []
    for i, out in enumerate(widths):
        layers.append(nn.Conv2d(width, out, 4, 2, 1, bias=False))
        layers += [nn.BatchNorm2d(out, recipe["batchNormEpsilon"])] if i else []
        layers.append(nn.LeakyReLU(recipe["leakySlope"], True))
        width = out
    return nn.Sequential(*layers, nn.Conv2d(width, 1, recipe["size"] >> len(widths), bias=False), nn.Flatten(0))


def initialize(network, deviation):
    """Weights N(0, deviation), gains N(1, deviation), biases 0."""
    for name, values in network.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(values)
        else:
            nn.init.normal_(values, 0.0 if values.ndim > 1 else 1.0, deviation)
    return network


class Batches:
    """Minibatches without end: float32 [batchSize, channels, size, size] in [-1, 1]."""

    def __init__(self, images, recipe, mirrored):
        self.images, self.size, self.mirrored = images, recipe["batchSize"], mirrored
        self.random, self.order = np.random.default_rng(recipe["seed"]), []

    def next(self):
        if len(self.order) < self.size:
            self.order = self.random.permutation(len(self.images))
        chosen, self.order = self.order[:self.size], self.order[self.size:]
        real = torch.from_numpy(self.images[chosen]).permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1
        if self.mirrored:
            flips = torch.from_numpy(self.random.random(self.size) < 0.5)[:, None, None, None]
            real = torch.where(flips, real.flip(3), real)
        return real


class Training:
    """Both networks, their optimisers, and the generator's running average if the recipe has one."""

    def __init__(self, recipe, average):
        self.recipe, self.decay, self.steps = recipe, average, 0
        torch.manual_seed(recipe["seed"])
        self.g = initialize(make_generator(recipe), recipe["weightDeviation"])
        self.d = initialize(make_discriminator(recipe), recipe["weightDeviation"])
        self.averaged = copy.deepcopy(self.g) if average else self.g
        self.adam_g, self.adam_d = (torch.optim.Adam(
            network.parameters(), recipe["learningRate"], (recipe["beta1"], recipe["beta2"]), recipe["adamEpsilon"],
            recipe["weightDecay"]) for network in (self.g, self.d))

    def step(self, real):
        """One minibatch. Returns the losses of D and G, and the mean D(x) and D(G(z)) before D's update."""
        latents = torch.randn(len(real), self.recipe["latentLength"], 1, 1)
        ones, zeros = torch.ones(len(real)), torch.zeros(len(real))
        loss = functional.binary_cross_entropy_with_logits
        fake = self.g(latents)
        self.adam_d.zero_grad()
        of_real = self.d(real)
        loss_real = loss(of_real, ones)
        loss_real.backward()
        of_fake = self.d(fake.detach())
        loss_fake = loss(of_fake, zeros)
        loss_fake.backward()
        self.adam_d.step()
        self.adam_g.zero_grad()
        self.d.requires_grad_(False)  # The example computes these gradients too, and throws them away.
        loss_g = loss(self.d(fake), ones)
        loss_g.backward()
        self.d.requires_grad_(True)
        self.adam_g.step()
        self.steps += 1
        if self.decay:
            share = max(1 - self.decay, 1 / self.steps)  # A plain mean, until it is as long as the decay's memory.
            with torch.no_grad():
                torch._foreach_lerp_(list(self.averaged.parameters()), list(self.g.parameters()), share)
        return tuple(float(v) for v in (loss_real + loss_fake, loss_g, of_real.sigmoid().mean(), of_fake.sigmoid().mean()))

    @torch.no_grad()
    def sampler(self, random):
        """A copy of the generator in eval mode, its statistics averaged over many minibatches."""
        network, sums = copy.deepcopy(self.averaged).train(), {}

        def add(norm, inputs, _):
            x = inputs[0].double()
            moments = torch.stack([x.mean((0, 2, 3)), x.square().mean((0, 2, 3))])
            sums[norm] = sums.get(norm, 0) + moments / FREEZING_BATCHES

        hooks = [m.register_forward_hook(add) for m in network if isinstance(m, nn.BatchNorm2d)]
        for _ in range(FREEZING_BATCHES):
            network(torch.randn(FREEZING_BATCH, self.recipe["latentLength"], 1, 1, generator=random))
        for hook in hooks:
            hook.remove()
        for norm, (mean, second) in sums.items():
            norm.running_mean.copy_(mean)
            norm.running_var.copy_((second - mean.square()).clamp(min=0))
        return network.eval()

    @torch.no_grad()
    def write_samples(self, path, count):
        """Images of `count` latents, always the same ones: float32 [count, channels, size, size] in [-1, 1]."""
        random = torch.Generator().manual_seed(self.recipe["seed"] + 1)
        network = self.sampler(random)
        shape = [count, self.recipe["channels"], self.recipe["size"], self.recipe["size"]]
        entry = {"dtype": "F32", "shape": shape, "data_offsets": [0, 4 * int(np.prod(shape))]}
        header = json.dumps({"images": entry}, separators=(",", ":")).encode()
        header += b" " * (-len(header) % 8)
        with open(path, "wb") as file:
            file.write(struct.pack("<Q", len(header)) + header)
            for start in range(0, count, FREEZING_BATCH):
                n = min(FREEZING_BATCH, count - start)
                images = network(torch.randn(n, self.recipe["latentLength"], 1, 1, generator=random))
                file.write(images.numpy().astype("<f4").tobytes())


def train(arguments, recipe, images):
    """Trains to the last of the steps and writes samples at each. Returns the exit code."""
    batch, per_pass = recipe["batchSize"], len(images) // recipe["batchSize"]
    stops = arguments.steps or [recipe["passes"] * per_pass]
    batches = Batches(images, recipe, recipe["mirrored"] and not arguments.no_mirror)
    training = Training(recipe, 0.0 if arguments.no_average else recipe["generatorAverage"])
    begin, trained, last, last_step = time.perf_counter(), 0.0, time.perf_counter(), 0
    while training.steps < stops[-1]:
        start = time.perf_counter()
        values = training.step(batches.next())
        now, step = time.perf_counter(), training.steps
        trained += now - start
        if not np.isfinite(values).all():
            print(f"torch_dcgan: step {step}: diverged, losses {values[0]} and {values[1]}", file=sys.stderr)
            return 1
        if now - last > arguments.every or step in stops:
            print(f"step {step}/{stops[-1]}  pass {step / per_pass:.2f}  {batch * (step - last_step) / (now - last):.0f} images/s"
                  "  loss D {:.3f} G {:.3f}  D(x) {:.3f} D(G(z)) {:.3f}".format(*values), flush=True)
            if step in stops:
                output = arguments.output
                path = output.with_stem(f"{output.stem}-step{step}") if len(stops) > 1 else output
                training.write_samples(path, arguments.samples)
                print(f"{path}: {arguments.samples} samples", flush=True)
            last, last_step = time.perf_counter(), step
    print(f"{stops[-1]} steps of {batch} images: {trained:.1f} s of training, {batch * stops[-1] / trained:.1f} images/s; "
          f"{time.perf_counter() - begin:.1f} s with sampling; torch {torch.__version__}, {arguments.threads} threads")
    return 0


def parse_steps(text):
    """100,200 to a sorted list of integers."""
    steps = sorted({int(part) for part in text.split(",")})
    if steps[0] < 1:
        raise argparse.ArgumentTypeError(f"found {text}, wanted numbers of minibatches from 1")
    return steps


class Parser(argparse.ArgumentParser):
    """A parser that exits with the usage code of sysexits."""

    def error(self, message):
        self.print_usage(sys.stderr)
        self.exit(64, f"torch_dcgan: {message}\n")


def main(words):
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", metavar="RECIPE.json")
    parser.add_argument("set", metavar="SET.safetensors")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True, metavar="SAMPLES.safetensors",
                        help="with several steps, -stepN goes before the ending")
    parser.add_argument("--steps", type=parse_steps, metavar="N,N", help="minibatches to sample after (the recipe's passes)")
    parser.add_argument("--samples", type=int, default=4096)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--every", type=float, default=30, metavar="SECONDS", help="time between lines of progress (30)")
    parser.add_argument("--no-average", action="store_true", help="sample the generator itself")
    parser.add_argument("--no-mirror", action="store_true", help="take all images as they are")
    arguments = parser.parse_args(words)
    if arguments.samples < 1 or arguments.threads < 1:
        parser.error("--samples and --threads: wanted 1 or more")
    torch.set_num_threads(arguments.threads)
    try:
        recipe = read_recipe(arguments.recipe)
        return train(arguments, recipe, read_set(arguments.set, recipe))
    except FileNotFoundError as error:
        print(f"torch_dcgan: {error.filename}: no such file or folder", file=sys.stderr)
        return 66
    except OSError as error:
        print(f"torch_dcgan: {error.filename or arguments.output}: {error.strerror}", file=sys.stderr)
        return 74
    except KeyError as error:
        print(f"torch_dcgan: {arguments.recipe} or {arguments.set}: no {error}", file=sys.stderr)
        return 65
    except (ValueError, struct.error) as error:
        print(f"torch_dcgan: {error}", file=sys.stderr)
        return 65


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
