"""Writes every model file the peers need into one directory (default ./build/models).

    python export_models.py [--out DIR] [--models a,b] [--convert-python DIR/convert/bin/python]

Per model NAME:
    NAME.safetensors         the network with its running statistics, for `thimble import`
    NAME.npz                 raw + folded weights, latents, torch fp32 reference images (the ground truth)
    NAME.onnx                fp32, BN folded                 NAME.int8.onnx     static QDQ (onnxruntime)
    NAME.openvino.xml/.bin   fp32 IR                         NAME.int8.openvino.xml/.bin   nncf PTQ
    NAME.ncnn.param/.bin     fp32                            NAME.mnn           fp32
    NAME.torch.pt            fp32 TorchScript                NAME.torch.int8.pt  static int8 (torch.ao)
    NAME.tflite              fp32                            NAME.int8.tflite   static int8 (TF converter)
    NAME.f32.flat            plain header + floats for native programs (layout: see flat() below)
    NAME.qs8.flat            the same, per-tensor int8 with calibrated scales
Steps whose tool is missing are reported and skipped.
"""
import argparse
import os
import pathlib
import struct
import subprocess
import sys
import traceback

os.environ["NNCF_CI"] = "1"          # nncf: no usage data

import numpy as np

import models as M

N_TEST = 16          # latents used for agreement and determinism checks, and as the timed input
N_CALIB = 128        # latents used to calibrate int8


# ----------------------------------------------------------------- torch reference
def torch_generator(model, w, folded=False):
    """The generator as a torch module; folded=True has BN folded into the convolutions."""
    import torch
    from torch import nn
    first_conv = nn.ConvTranspose2d(M.Z_DIM, model.channels, model.size, 1, 0, bias=folded)
    mods = []
    if model.project_kind == "linear":
        mods += [nn.Linear(M.Z_DIM, model.channels * model.size ** 2, bias=folded),
                 nn.Unflatten(1, (model.channels, model.size, model.size))]
    else:
        mods += [nn.Unflatten(1, (M.Z_DIM, 1, 1)), first_conv]
    bn = (lambda c: []) if folded else (lambda c: [nn.BatchNorm2d(c, eps=M.BN_EPS, momentum=1.0)])
    mods += bn(model.channels) + [nn.ReLU()]
    last = len(model.convs) - 1
    for i, c in enumerate(model.convs):
        mods.append(nn.ConvTranspose2d(c.cin, c.cout, c.k, c.s, c.p, c.op, bias=folded or i == last))
        mods += (bn(c.cout) + [nn.ReLU()]) if i != last else [nn.Tanh()]
    net = nn.Sequential(*mods)
    if folded:
        params = M.fold(model, w)
    names = ["project"] + [f"conv{i}" for i in range(len(model.convs))]
    lin = [m for m in net if isinstance(m, (nn.Linear, nn.ConvTranspose2d))]
    bns = [m for m in net if isinstance(m, nn.BatchNorm2d)]
    with torch.no_grad():
        for i, (name, m) in enumerate(zip(names, lin)):
            k, b = params[i] if folded else (w[name + ".w"], w.get(name + ".b"))
            k = torch.from_numpy(k)
            if isinstance(m, nn.Linear):
                m.weight.copy_(k.reshape(M.Z_DIM, -1).T)
                if b is not None:
                    m.bias.copy_(torch.from_numpy(np.repeat(b, model.size ** 2)))
            else:
                m.weight.copy_(k)
                if b is not None:
                    m.bias.copy_(torch.from_numpy(b))
        for name, m in zip(names, bns):
            m.weight.copy_(torch.from_numpy(w[name + ".gamma"]))
            m.bias.copy_(torch.from_numpy(w[name + ".beta"]))
            if name + ".mean" in w:
                m.running_mean.copy_(torch.from_numpy(w[name + ".mean"]))
                m.running_var.copy_(torch.from_numpy(w[name + ".var"]))
    return net


def reference(model):
    """Weights with running statistics, test latents and their torch fp32 images."""
    import torch
    w = M.raw_weights(model)
    net = torch_generator(model, w).train()
    with torch.no_grad():
        net(torch.from_numpy(M.latents(256, seed=2)))          # momentum 1: running stats = batch stats
    bns = [m for m in net if isinstance(m, torch.nn.BatchNorm2d)]
    names = ["project"] + [f"conv{i}" for i in range(len(model.convs) - 1)]
    for name, m in zip(names, bns):
        w[name + ".mean"] = m.running_mean.numpy().copy()
        w[name + ".var"] = m.running_var.numpy().copy()
    z = M.latents(N_TEST)
    with torch.inference_mode():
        images = net.eval()(torch.from_numpy(z)).numpy()
        folded = torch_generator(model, w, folded=True).eval()(torch.from_numpy(z)).numpy()
    print(f"  {model.name}: image std {images.std():.3f}, |x|max {np.abs(images).max():.3f}, "
          f"BN folding changes the output by at most {np.abs(images - folded).max():.1e}")
    return w, z, images


def torch_files(model, w, fp32, int8):
    import torch
    net = torch_generator(model, w, folded=True).eval()
    torch.jit.save(torch.jit.trace(net, torch.zeros(2, M.Z_DIM)), fp32)
    q = torch.ao.quantization
    torch.backends.quantized.engine = "fbgemm"     # "x86" and "onednn" compute wrong transposed convolutions (2.13)
    net = nn_sequential(q.QuantStub(), *net, q.DeQuantStub()).eval()
    net.qconfig = q.QConfig(activation=q.HistogramObserver.with_args(reduce_range=False),
                            weight=q.default_weight_observer)
    q.prepare(net, inplace=True)
    with torch.inference_mode():
        net(torch.from_numpy(M.latents(N_CALIB, seed=3)))
    q.convert(net, inplace=True)
    torch.jit.save(torch.jit.trace(net, torch.zeros(2, M.Z_DIM)), int8)


def nn_sequential(*mods):
    from torch import nn
    return nn.Sequential(*mods)


# ----------------------------------------------------------------- ONNX and what derives from it
def onnx_graph(model, folded, path):
    import onnx
    from onnx import TensorProto as T, helper as h, numpy_helper as nh
    nodes, inits = [], []
    def const(name, a):
        inits.append(nh.from_array(np.ascontiguousarray(a), name))
        return name
    k, b = folded[0]
    if model.project_kind == "linear":
        nodes.append(h.make_node("Gemm", ["z", const("project.w", k.reshape(M.Z_DIM, -1)),
                                          const("project.b", np.repeat(b, model.size ** 2))], ["p0"], "project"))
        nodes.append(h.make_node("Reshape", ["p0", const("shape", np.array(
            [-1, model.channels, model.size, model.size], np.int64))], ["p1"], "unflatten"))
    else:
        nodes.append(h.make_node("Reshape", ["z", const("shape", np.array(
            [-1, M.Z_DIM, 1, 1], np.int64))], ["p0"], "unflatten"))
        nodes.append(h.make_node("ConvTranspose", ["p0", const("project.w", k), const("project.b", b)], ["p1"],
                                 "project", kernel_shape=[model.size] * 2, strides=[1, 1], pads=[0] * 4))
    nodes.append(h.make_node("Relu", ["p1"], ["a0"], "project_relu"))
    for i, c in enumerate(model.convs):
        k, b = folded[i + 1]
        nodes.append(h.make_node("ConvTranspose", [f"a{i}", const(f"conv{i}.w", k), const(f"conv{i}.b", b)],
                                 [f"c{i}"], f"conv{i}", kernel_shape=[c.k] * 2, strides=[c.s] * 2,
                                 pads=[c.p] * 4, output_padding=[c.op] * 2))
        last = i == len(model.convs) - 1
        nodes.append(h.make_node("Tanh" if last else "Relu", [f"c{i}"],
                                 ["image" if last else f"a{i + 1}"], f"act{i}"))
    g = h.make_graph(nodes, model.name, [h.make_tensor_value_info("z", T.FLOAT, ["N", M.Z_DIM])],
                     [h.make_tensor_value_info("image", T.FLOAT, ["N", *model.image_shape])], inits)
    m = h.make_model(g, opset_imports=[h.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(m)
    onnx.save(m, path)


def ort_int8(src, dst):
    from onnxruntime.quantization import (CalibrationDataReader, QuantFormat, QuantType, quantize_static)
    class Reader(CalibrationDataReader):
        def __init__(self):
            self.it = iter(M.latents(N_CALIB, seed=3))
        def get_next(self):
            z = next(self.it, None)
            return None if z is None else {"z": z[None]}
    quantize_static(src, dst, Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
                    activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)


def openvino_ir(src, dst, int8):
    import openvino as ov
    m = ov.Core().read_model(src)
    if int8:
        import nncf
        m.reshape([-1, M.Z_DIM])
        data = nncf.Dataset(list(M.latents(N_CALIB, seed=3)[:, None]))
        m = nncf.quantize(m, data, preset=nncf.QuantizationPreset.PERFORMANCE, subset_size=N_CALIB)
    ov.save_model(m, dst, compress_to_fp16=False)


def mnn(src, dst):
    # The converter binding itself, not MNN's `mnnconvert` command: that wrapper (and `mnnquant`) runs
    # `pip install` on whatever pip is on PATH and tries to send usage data to an outside server.
    code = "import sys, MNN, _tools; _tools.mnnconvert(sys.argv)"
    subprocess.run([sys.executable, "-c", code, "-f", "ONNX", "--modelFile", src, "--MNNModel", dst,
                    "--bizCode", "peer"], check=True, stdout=subprocess.DEVNULL)
    if not os.path.getsize(dst):
        raise RuntimeError("empty file")


# ----------------------------------------------------------------- ncnn (its text + binary format, written directly)
def ncnn(model, folded, param, binary):
    layers, blob = [], bytearray()
    def add(kind, name, src, dst, args=""):
        layers.append(f"{kind} {name} {1 if src else 0} 1 {src + ' ' if src else ''}{dst} {args}".rstrip())
    def put(weight, bias):
        blob.extend(struct.pack("<I", 0))                      # tag: raw float32
        blob.extend(np.ascontiguousarray(weight, "<f4").tobytes())
        blob.extend(np.ascontiguousarray(bias, "<f4").tobytes())
    k, b = folded[0]
    add("Input", "z", "", "z", f"0={M.Z_DIM}" if model.project_kind == "linear" else f"0=1 1=1 2={M.Z_DIM}")
    if model.project_kind == "linear":
        n = model.channels * model.size ** 2
        add("InnerProduct", "project", "z", "p0", f"0={n} 1=1 2={k.size} 9=1")     # 9=1: fused ReLU
        put(k.reshape(M.Z_DIM, -1).T, np.repeat(b, model.size ** 2))
        add("Reshape", "unflatten", "p0", "a0", f"0={model.size} 1={model.size} 2={model.channels}")
    else:
        add("Deconvolution", "project", "z", "a0", f"0={model.channels} 1={model.size} 3=1 4=0 5=1 6={k.size} 9=1")
        put(k.transpose(1, 0, 2, 3), b)
    for i, c in enumerate(model.convs):
        k, b = folded[i + 1]
        last = i == len(model.convs) - 1
        add("Deconvolution", f"conv{i}", f"a{i}", "c" if last else f"a{i + 1}",
            f"0={c.cout} 1={c.k} 3={c.s} 4={c.p} 5=1 6={k.size} 9={0 if last else 1} 18={c.op} 19={c.op}")
        put(k.transpose(1, 0, 2, 3), b)
    add("TanH", "tanh", "c", "image")
    pathlib.Path(param).write_text(f"7767517\n{len(layers)} {len(layers)}\n" + "\n".join(layers) + "\n")
    pathlib.Path(binary).write_bytes(blob)


# ----------------------------------------------------------------- flat files for native programs
def flat(model, w, folded, path, int8):
    """Little-endian: "DCG1", i32 int8?, i32 z, i32 C, i32 S, i32 n_convs, n_convs x (cin cout k s p op),
    then per layer (project first), channels-last kernels [cout][kh][kw][cin] (project: [S*S*C][z], rows in
    y, x, c order):  fp32: f32 weights, f32 bias.
    int8: f32 in_scale, i32 in_zero, f32 w_scale, f32 out_scale, i32 out_zero, i8 weights, i32 bias."""
    import torch
    s, ch = model.size, model.channels
    ws = [(folded[0][0].transpose(2, 3, 1, 0).reshape(-1, M.Z_DIM), np.tile(folded[0][1], s * s))]
    ws += [(k.transpose(1, 2, 3, 0), b) for k, b in folded[1:]]
    head = b"DCG1" + struct.pack("<5i", int(int8), M.Z_DIM, ch, s, len(model.convs))
    for c in model.convs:
        head += struct.pack("<6i", c.cin, c.cout, c.k, c.s, c.p, c.op)
    out = bytearray(head)
    if not int8:
        for k, b in ws:
            out += np.ascontiguousarray(k, "<f4").tobytes() + np.ascontiguousarray(b, "<f4").tobytes()
    else:
        acts = []                                              # (min, max) of z and after every ReLU / before tanh
        x = torch.from_numpy(M.latents(N_CALIB, seed=3))
        acts.append((-1.0, 1.0))
        with torch.inference_mode():
            net = torch_generator(model, w, folded=True).eval()
            for m in net:
                x = m(x)
                if isinstance(m, torch.nn.ReLU):
                    acts.append((0.0, float(x.max())))
                elif isinstance(m, torch.nn.ConvTranspose2d) and m is [q for q in net][-2]:
                    a = float(x.abs().max())
                    acts.append((-a, a))
        def qparams(lo, hi):
            scale = (hi - lo) / 255.0
            return scale, int(round(-128 - lo / scale))
        for i, (k, b) in enumerate(ws):
            (si, zi), (so, zo) = qparams(*acts[i]), qparams(*acts[i + 1])
            sw = float(np.abs(k).max()) / 127.0
            qk = np.clip(np.rint(k / sw), -127, 127).astype(np.int8)
            qb = np.rint(b.astype(np.float64) / (si * sw)).astype("<i4")
            out += struct.pack("<fiffi", si, zi, sw, so, zo) + np.ascontiguousarray(qk).tobytes() + qb.tobytes()
    pathlib.Path(path).write_bytes(out)


# -----------------------------------------------------------------
def safetensors_file(model, w, path):
    """The unfolded network, for `thimble import`: project.weight is [C*S*S, 100], channel-major; deconv{i}.weight
    is [in, out, k, k]; the last one has a bias instead of batch normalisation."""
    import json
    tensors = {"project.weight": w["project.w"].reshape(M.Z_DIM, -1).T}
    names = {"gamma": "weight", "beta": "bias", "mean": "running_mean", "var": "running_var"}
    layers = [("project", "project")] + [(f"conv{i}", f"deconv{i + 1}") for i in range(len(model.convs))]
    for ours, theirs in layers:
        if ours != "project":
            tensors[theirs + ".weight"] = w[ours + ".w"]
        if ours + ".b" in w:
            tensors[theirs + ".bias"] = w[ours + ".b"]
        for k, n in names.items():
            if f"{ours}.{k}" in w:
                tensors[f"{theirs}.bn.{n}"] = w[f"{ours}.{k}"]
    c = model.convs[0]
    header = {"__metadata__": {"latent": "uniform", "bn_eps": str(M.BN_EPS), "geometry":
                               f"{c.k}x{c.k} stride {c.s} padding {c.p} output_padding {c.op}"}}
    blobs, at = [], 0
    for n, t in tensors.items():
        b = np.ascontiguousarray(t, "<f4").tobytes()
        header[n] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [at, at + len(b)]}
        blobs.append(b)
        at += len(b)
    h = json.dumps(header).encode()
    h += b" " * (-len(h) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(h)) + h + b"".join(blobs))


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--out", default="build/models")
    ap.add_argument("--models", default=",".join(M.MODELS))
    ap.add_argument("--convert-python", help="python of the TensorFlow environment, for .tflite files")
    args = ap.parse_args()
    os.makedirs(args.out, exist_ok=True)
    failed = []
    def step(what, fn, *a):
        try:
            fn(*a)
        except Exception as e:                                 # one missing tool must not stop the others
            failed.append(what)
            print(f"  skipped {what}: {type(e).__name__}: {str(e)[:300]}")
            if os.environ.get("DEBUG"):
                traceback.print_exc()
    for name in args.models.split(","):
        model = M.MODELS[name]
        p = lambda ext: os.path.join(args.out, name + ext)
        w, z, images = reference(model)
        folded = M.fold(model, w)
        extra = {f"folded{i}.{k}": v for i, pair in enumerate(folded) for k, v in zip("wb", pair)}
        np.savez(p(".npz"), z=z, images=images, **w, **extra)
        z.astype("<f4").tofile(p(".z.f32"))
        safetensors_file(model, w, p(".safetensors"))
        onnx_graph(model, folded, p(".onnx"))
        step(f"{name} torch", torch_files, model, w, p(".torch.pt"), p(".torch.int8.pt"))
        step(f"{name} onnxruntime int8", ort_int8, p(".onnx"), p(".int8.onnx"))
        step(f"{name} openvino fp32", openvino_ir, p(".onnx"), p(".openvino.xml"), False)
        step(f"{name} openvino int8", openvino_ir, p(".onnx"), p(".int8.openvino.xml"), True)
        step(f"{name} mnn", mnn, p(".onnx"), p(".mnn"))
        step(f"{name} ncnn", ncnn, model, folded, p(".ncnn.param"), p(".ncnn.bin"))
        step(f"{name} flat f32", flat, model, w, folded, p(".f32.flat"), False)
        step(f"{name} flat qs8", flat, model, w, folded, p(".qs8.flat"), True)
    if args.convert_python:
        script = pathlib.Path(__file__).with_name("export_tflite.py")
        subprocess.run([args.convert_python, script, "--out", args.out, "--models", args.models], check=True)
    else:
        print("  .tflite files not written: give --convert-python")
    print("failed steps:", failed or "none")


if __name__ == "__main__":
    main()
