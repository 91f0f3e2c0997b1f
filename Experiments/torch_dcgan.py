"""PyTorch's DCGAN, trained from a recipe on a packed set: what the same recipe gives elsewhere, and how fast.

    pip install torch numpy
    python3 torch_dcgan.py RECIPE.json SET.safetensors -o SAMPLES.safetensors [--steps N,N,...]

Networks, initial weights and updates are those of PyTorch's example (pytorch/examples, dcgan/main.py, after Radford, Metz,
Chintala, 2015): 4x4 kernels, stride 2, padding 1, no biases, batch normalisation, ReLU and tanh in the generator,
LeakyReLU in the discriminator; each minibatch updates the discriminator (real, then generated), then the generator by the
same latents. Sides, widths and numbers are the recipe's. Two things are not in the example: a running average of the
generator's weights (`generatorAverage`) and mirrored images (`mirrored`); --no-average and --no-mirror turn them off.

SET       `images` U8 [count, size, size, channels]; shuffled in each pass, without those that do not fill a minibatch
SAMPLES   `images` F32 [n, channels, size, size] in [-1, 1], of the averaged generator if there is one. Its batch
          normalisation is frozen: mean and second moment, each averaged over 100 minibatches of 128 latents

Random numbers are PyTorch's. Networks run channels_last, the faster layout on a processor.
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
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

FREEZING_BATCHES, FREEZING_BATCH = 100, 128
FIXED = {"geometry": "common", "latentDistribution": "normal", "firstLayerStatistics": "channel", "schedule": "both"}


def read_recipe(path):
    """The fields of a recipe that PyTorch's example can follow."""
    recipe = {"generatorAverage": 0.0, "mirrored": False, **json.loads(pathlib.Path(path).read_text(encoding="utf-8"))}
    for name, wanted in FIXED.items():
        if recipe[name] != wanted:
            raise ValueError(f"{path}: {name}: found {recipe[name]}, wanted {wanted}")
    return recipe


def read_set(path, recipe):
    """The images of a packed set, mapped: uint8 [count, size, size, channels]."""
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        if length > 1 << 20:
            raise ValueError(f"{path}: found another form, wanted safetensors")
        entry = json.loads(file.read(length))["images"]
    shape, wanted = entry["shape"], [recipe["size"], recipe["size"], recipe["channels"]]
    if entry["dtype"] != "U8" or shape[1:] != wanted or shape[0] < recipe["batchSize"]:
        raise ValueError(f"{path}: images: found {entry['dtype']} {shape}, wanted U8 {wanted}, a minibatch or more")
    return np.memmap(path, np.uint8, "r", 8 + length + entry["data_offsets"][0], tuple(shape))


def make_generator(recipe):
    """Latents [n, latentLength, 1, 1] to images [n, channels, size, size]."""
    widths, width, layers = recipe["generatorWidths"], recipe["latentLength"], []
    for i, out in enumerate(widths):
        geometry = (4, 2, 1) if i else (recipe["size"] >> len(widths), 1, 0)
        layers += [nn.ConvTranspose2d(width, out, *geometry, bias=False),
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


def initialized(network, deviation):
    """Weights N(0, deviation), gains N(1, deviation), biases 0."""
    for name, values in network.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(values)
        else:
            nn.init.normal_(values, 0.0 if values.ndim > 1 else 1.0, deviation)
    return network.to(memory_format=torch.channels_last)


def minibatches(images, recipe, mirrored):
    """Real images without end: float32 [batchSize, channels, size, size] in [-1, 1]."""
    random, size = np.random.default_rng(recipe["seed"]), recipe["batchSize"]
    while True:
        order = random.permutation(len(images))
        for start in range(0, len(images) - size + 1, size):
            real = torch.from_numpy(images[order[start:start + size]]).permute(0, 3, 1, 2).float() / 127.5 - 1
            if mirrored:
                real = torch.where(torch.from_numpy(random.random((size, 1, 1, 1)) < 0.5), real.flip(3), real)
            yield real


class Training:
    """Both networks, their optimisers, and a running average of the generator's weights unless its decay is 0."""

    def __init__(self, recipe, decay):
        self.recipe, self.decay, self.steps = recipe, decay, 0
        torch.manual_seed(recipe["seed"])
        self.g = initialized(make_generator(recipe), recipe["weightDeviation"])
        self.d = initialized(make_discriminator(recipe), recipe["weightDeviation"])
        self.averaged = copy.deepcopy(self.g) if decay else self.g
        self.adam_g, self.adam_d = (torch.optim.Adam(
            network.parameters(), recipe["learningRate"], (recipe["beta1"], recipe["beta2"]), recipe["adamEpsilon"],
            recipe["weightDecay"]) for network in (self.g, self.d))

    def latents(self, n, random=None):
        return torch.randn(n, self.recipe["latentLength"], 1, 1, generator=random)

    def step(self, real):
        """One minibatch. Returns the losses of D and G, and the mean D(x) and D(G(z)) before D's update."""
        ones, zeros = torch.ones(len(real)), torch.zeros(len(real))
        fake = self.g(self.latents(len(real)))
        self.adam_d.zero_grad()
        of_real, of_fake = self.d(real), self.d(fake.detach())
        loss_d = cross_entropy(of_real, ones) + cross_entropy(of_fake, zeros)
        loss_d.backward()
        self.adam_d.step()
        self.adam_g.zero_grad()
        self.d.requires_grad_(False)  # The example computes these gradients as well, and throws them away.
        loss_g = cross_entropy(self.d(fake), ones)
        loss_g.backward()
        self.d.requires_grad_(True)
        self.adam_g.step()
        self.steps += 1
        if self.decay:
            share = max(1 - self.decay, 1 / self.steps)  # A plain mean at first, until it is as long as the decay's.
            with torch.no_grad():
                torch._foreach_lerp_(list(self.averaged.parameters()), list(self.g.parameters()), share)
        return [v.item() for v in (loss_d, loss_g, of_real.sigmoid().mean(), of_fake.sigmoid().mean())]

    def frozen(self, random):
        """A copy of the generator to be sampled, in eval mode, its statistics averaged over many minibatches."""
        network, sums = copy.deepcopy(self.averaged).train(), {}

        def add(norm, inputs, _):
            variance, mean = torch.var_mean(inputs[0], (0, 2, 3), correction=0)
            moments = torch.stack([mean.double(), variance.double() + mean.double().square()])
            sums[norm] = sums.get(norm, 0) + moments / FREEZING_BATCHES

        hooks = [m.register_forward_hook(add) for m in network if isinstance(m, nn.BatchNorm2d)]
        for _ in range(FREEZING_BATCHES):
            network(self.latents(FREEZING_BATCH, random))
        for hook in hooks:
            hook.remove()
        for norm, (mean, second) in sums.items():
            norm.running_mean.copy_(mean)
            norm.running_var.copy_((second - mean.square()).clamp(min=0))
        return network.eval()

    @torch.no_grad()
    def write_samples(self, path, count):
        """Images of `count` latents, the same ones at every step: float32 [count, channels, size, size] in [-1, 1]."""
        random = torch.Generator().manual_seed(self.recipe["seed"] + 1)
        network = self.frozen(random)
        shape = [count, self.recipe["channels"], self.recipe["size"], self.recipe["size"]]
        header = json.dumps({"images": {"dtype": "F32", "shape": shape, "data_offsets": [0, 4 * int(np.prod(shape))]}})
        header += " " * (-len(header) % 8)
        with open(path, "wb") as file:
            file.write(struct.pack("<Q", len(header)) + header.encode())
            for start in range(0, count, FREEZING_BATCH):
                images = network(self.latents(min(FREEZING_BATCH, count - start), random))
                file.write(images.numpy().astype("<f4").tobytes())


def train(arguments, recipe, images):
    """Trains to the last of the steps and writes samples at each."""
    size, per_pass = recipe["batchSize"], len(images) // recipe["batchSize"]
    stops = arguments.steps or [recipe["passes"] * per_pass]
    batches = minibatches(images, recipe, recipe["mirrored"] and not arguments.no_mirror)
    training = Training(recipe, 0.0 if arguments.no_average else recipe["generatorAverage"])
    begin = last = time.perf_counter()
    trained, last_step = 0.0, 0
    while training.steps < stops[-1]:
        start = time.perf_counter()
        values = training.step(next(batches))
        now, step = time.perf_counter(), training.steps
        trained += now - start
        if not np.isfinite(values).all():
            raise FloatingPointError(f"step {step}: the losses diverged: D {values[0]}, G {values[1]}")
        if now - last < arguments.every and step not in stops:
            continue
        rate = size * (step - last_step) / (now - last)
        print(f"step {step}/{stops[-1]}  pass {step / per_pass:.2f}  {rate:.0f} images/s  "
              "loss D {:.3f} G {:.3f}  D(x) {:.3f} D(G(z)) {:.3f}".format(*values), flush=True)
        if step in stops:
            output = arguments.output
            path = output.with_stem(f"{output.stem}-step{step}") if len(stops) > 1 else output
            training.write_samples(path, arguments.samples)
            print(f"{path}: {arguments.samples} samples", flush=True)
        last, last_step = time.perf_counter(), step
    print(f"{stops[-1]} steps of {size} images: {trained:.1f} s, {size * stops[-1] / trained:.1f} images/s; "
          f"{time.perf_counter() - begin:.1f} s with sampling; torch {torch.__version__}, {arguments.threads} threads")


def parse_steps(text):
    """100,200 to a sorted list of numbers from 1."""
    steps = sorted({int(part) if part.isdecimal() else 0 for part in text.split(",")})
    if steps[0] < 1:
        raise argparse.ArgumentTypeError(f"found {text}, wanted numbers of minibatches such as 1000,2000")
    return steps


def main(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", metavar="RECIPE.json")
    parser.add_argument("set", metavar="SET.safetensors")
    parser.add_argument("-o", "--output", type=pathlib.Path, required=True, metavar="SAMPLES.safetensors",
                        help="where there are several steps, -stepN goes before the ending")
    parser.add_argument("--steps", type=parse_steps, metavar="N,N", help="minibatches to sample after (default: all)")
    parser.add_argument("--samples", type=int, default=4096)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--every", type=float, default=30, metavar="SECONDS", help="between lines of progress")
    parser.add_argument("--no-average", action="store_true", help="sample the generator itself")
    parser.add_argument("--no-mirror", action="store_true", help="take all images as they are")
    arguments = parser.parse_args(words)
    if min(arguments.samples, arguments.threads) < 1:
        parser.error("--samples and --threads: wanted 1 or more")
    torch.set_num_threads(arguments.threads)
    try:
        recipe = read_recipe(arguments.recipe)
        train(arguments, recipe, read_set(arguments.set, recipe))
    except (KeyError, OSError, ValueError, struct.error, FloatingPointError) as error:
        sys.exit(f"torch_dcgan: no {error}" if isinstance(error, KeyError) else f"torch_dcgan: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
