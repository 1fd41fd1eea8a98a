#!/usr/bin/env python3
"""Measures single operators on a GPU through PyTorch, into a table which `mlsysim calibrate` reads.

  python3 benchmarks/gpu.py --write mine                 # the suite of benchmarks/gpu.yaml, about three minutes
  python3 benchmarks/gpu.py --write mine --only gemm     # operators of one class
  python3 benchmarks/gpu.py --write mine --seconds 120   # what is done by then; the suite goes from important to rare
  python3 benchmarks/gpu.py --write mine --hardware nvidia_rtx_4090   # and the mapping by which `mlsysim calibrate mine/operators.yaml` reads it

Needs PyTorch 2.8 or newer with a CUDA device, and PyYAML; NVML (nvidia-ml-py) adds power and clocks. Each operator is captured in a CUDA
graph over inputs which rotate through more than the last-level cache holds, warmed up, and replayed: the time of a row is the median over
replays, of one execution. Rows with `mode` sustained ran for the stated time and carry mean power (energy counter) and median clock.
Settings of the device are never touched.
"""
import argparse
import csv
import datetime
import itertools
import os
import statistics
import sys
import tempfile
import time

import torch
import torch.nn.functional as F
import yaml

COLUMNS = ["device", "op", "direction", "mode", "precision", "batch", "m", "n", "k", "groups", "skew", "experts", "active", "heads", "kv_heads", "head_dim", "q_len", "kv_len",
           "causal", "kernel", "rows", "cols", "c_in", "c_out", "window", "stride", "h_in", "conv_groups", "median_us", "low_us", "high_us", "executions",
           "power_w", "sm_mhz", "memory_mhz", "celsius", "library"]
DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32, "tf32": torch.float32}
CUDA = torch.cuda.is_available()
DEVICE = "cuda" if CUDA else "cpu"


class Meter:
    """Power, clocks and temperature by NVML; empty where it is missing."""

    def __init__(self):
        self.handle = None
        if not CUDA:
            return
        try:
            import pynvml

            pynvml.nvmlInit()
            self.nvml = pynvml
            self.handle = pynvml.nvmlDeviceGetHandleByIndex(torch.cuda.current_device())
            pynvml.nvmlDeviceGetTotalEnergyConsumption(self.handle)
        except Exception as problem:
            print(f"no power or clocks: {problem}", file=sys.stderr)
            self.handle = None

    def energy(self):
        return self.nvml.nvmlDeviceGetTotalEnergyConsumption(self.handle) / 1000 if self.handle else None

    def clocks(self):
        n = self.nvml
        return n.nvmlDeviceGetClockInfo(self.handle, n.NVML_CLOCK_SM), n.nvmlDeviceGetClockInfo(self.handle, n.NVML_CLOCK_MEM)

    def celsius(self):
        return self.nvml.nvmlDeviceGetTemperature(self.handle, self.nvml.NVML_TEMPERATURE_GPU)


# Of their own, so that a capture which fails leaves the source of inputs alone.
DRAWS = torch.Generator(DEVICE)


def random(*shape, dtype=torch.bfloat16, grad=False):
    return (torch.randn(shape, device=DEVICE, dtype=torch.float32, generator=DRAWS) * 0.5).to(dtype).requires_grad_(grad)


def copies(footprint):
    """Sets of inputs which together exceed a last-level cache of 50 to 60 MB twice."""
    return max(1, min(64, int(130e6 // max(footprint, 1)) + 1))


def execution(forward, leaves, backward):
    """The forward pass, or the backward pass alone of one which has run."""
    if not backward:
        return forward
    out = forward()
    dy = random(*out.shape, dtype=out.dtype)
    return lambda: torch.autograd.grad(out, leaves, dy, retain_graph=True)


# Each builder returns the executions to rotate through. Shapes are those of a suite's row.


def gemm(c):
    dtype = DTYPES[c["precision"]]
    b, m, n, k = c.get("batch", 1), c["m"], c["n"], c["k"]
    sets = []
    for _ in range(copies(b * (m * k + n * k + m * n) * dtype.itemsize)):
        shape = (lambda *s: s) if b == 1 else (lambda *s: (b, *s))
        x, w, dy = random(*shape(m, k), dtype=dtype), random(*shape(n, k), dtype=dtype), random(*shape(m, n), dtype=dtype)
        if c["direction"] == "forward":
            sets.append(lambda x=x, w=w: torch.matmul(x, w.transpose(-1, -2)))
        elif c["direction"] == "input":
            sets.append(lambda dy=dy, w=w: torch.matmul(dy, w))
        else:
            sets.append(lambda dy=dy, x=x: torch.matmul(dy.transpose(-1, -2), x))
    return sets


def gemm_fp8(c):
    m, n, k = c["m"], c["n"], c["k"]
    sets = []
    for _ in range(copies(m * k + n * k + 2 * m * n)):
        x, w = random(m, k).to(torch.float8_e4m3fn), random(n, k).to(torch.float8_e4m3fn)
        if c["kernel"] == "rowwise":
            sx, sw = torch.ones(m, 1, device=DEVICE), torch.ones(1, n, device=DEVICE)
        else:
            sx, sw = torch.ones((), device=DEVICE), torch.ones((), device=DEVICE)
        sets.append(lambda x=x, w=w, sx=sx, sw=sw: torch._scaled_mm(x, w.t(), scale_a=sx, scale_b=sw, out_dtype=torch.bfloat16, use_fast_accum=c["direction"] == "forward"))
    return sets


def group_ends(c):
    """Ends of the groups of rows, even or with Zipf's exponent `skew`."""
    e, m, skew = c["groups"], c["m"], float(c.get("skew", 0))
    weights = [1 / (i + 1) ** skew for i in range(e)]
    sizes = [int(m * w / sum(weights)) for w in weights]
    sizes[0] += m - sum(sizes)
    return sizes, torch.tensor(list(itertools.accumulate(sizes)), dtype=torch.int32, device=DEVICE)


def grouped_gemm(c):
    e, m, n, k = c["groups"], c["m"], c["n"], c["k"]
    sizes, ends = group_ends(c)
    sets = []
    for _ in range(copies(2 * (m * k + e * n * k + m * n))):
        x, w, dy = random(m, k), random(e, n, k), random(m, n)
        if c["kernel"] == "loop":
            starts = [0, *itertools.accumulate(sizes)]
            parts = [(starts[i], starts[i + 1]) for i in range(e) if sizes[i]]
            sets.append(lambda x=x, w=w, parts=parts: [torch.matmul(x[a:b], w[i].t()) for i, (a, b) in enumerate(parts)])
        elif c["direction"] == "forward":
            sets.append(lambda x=x, w=w: torch._grouped_mm(x, w.transpose(-1, -2), offs=ends))
        elif c["direction"] == "input":
            sets.append(lambda dy=dy, w=w: torch._grouped_mm(dy, w, offs=ends))
        else:
            sets.append(lambda dy=dy, x=x: torch._grouped_mm(dy.t(), x, offs=ends))
    return sets


def attention(c):
    from torch.nn.attention import SDPBackend, sdpa_kernel

    backend = {"flash": SDPBackend.FLASH_ATTENTION, "cudnn": SDPBackend.CUDNN_ATTENTION}[c["kernel"]]
    dtype, b, h, g, d, q, kv = DTYPES[c["precision"]], c["batch"], c["heads"], c["kv_heads"], c["head_dim"], c["q_len"], c["kv_len"]
    backward = c["direction"] == "backward"
    sets = []
    for _ in range(min(8, copies(2 * b * d * (2 * h * q + 2 * g * kv)))):
        # As projections leave them: tokens before heads.
        qkv = [random(b, s, heads, d, dtype=dtype, grad=backward).transpose(1, 2) for s, heads in ((q, h), (kv, g), (kv, g))]

        def forward(qkv=qkv):
            with sdpa_kernel(backend):
                return F.scaled_dot_product_attention(*qkv, is_causal=bool(c["causal"]), enable_gqa=g != h)

        sets.append(execution(forward, qkv, backward))
    return sets


def stream(c):
    """Norms, activations and additions: `kernel` names the function."""
    rows, cols, dtype, kernel = c["rows"], c["cols"], DTYPES[c["precision"]], c["kernel"]
    backward = c["direction"] == "backward"
    sets = []
    for _ in range(copies(3 * rows * cols * dtype.itemsize)):
        x = random(rows, cols, dtype=dtype, grad=backward)
        y = random(rows, cols, dtype=dtype, grad=backward and kernel in ("add", "multiply"))
        w = random(cols, dtype=dtype, grad=backward)
        bias = random(cols, dtype=dtype, grad=backward)
        leaves = [x]
        if kernel == "layer_norm":
            f, leaves = (lambda x=x, w=w, bias=bias: F.layer_norm(x, (cols,), w, bias)), [x, w, bias]
        elif kernel == "rms_norm":
            f, leaves = (lambda x=x, w=w: F.rms_norm(x, (cols,), w)), [x, w]
        elif kernel == "softmax":
            f = lambda x=x: torch.softmax(x, -1)
        elif kernel == "gelu":
            f = lambda x=x: F.gelu(x, approximate="tanh")
        elif kernel == "silu":
            f = lambda x=x: F.silu(x)
        elif kernel == "relu":
            f = lambda x=x: F.relu(x)
        elif kernel == "dropout":
            f = lambda x=x: F.dropout(x, 0.1, True)
        elif kernel == "add":
            f, leaves = (lambda x=x, y=y: x + y), [x, y]
        elif kernel == "multiply":
            f, leaves = (lambda x=x, y=y: x * y), [x, y]
        elif kernel == "copy":
            f = lambda x=x, y=y: y.copy_(x)
        elif kernel == "sum":
            f = lambda x=x: torch.sum(x)
        elif kernel == "bias_add":
            f, leaves = (lambda x=x, bias=bias: x + bias), [x, bias]
        elif kernel == "cross_entropy":
            target = torch.randint(cols, (rows,), device=DEVICE, generator=DRAWS)
            f = lambda x=x, t=target: F.cross_entropy(x, t)
        elif kernel == "quantize_fp8":
            scale = torch.ones((), device=DEVICE)
            f = lambda x=x, s=scale: (x * s).to(torch.float8_e4m3fn)
        elif kernel == "transpose":
            f = lambda x=x: x.t().contiguous()
        else:
            raise ValueError(f"unknown kernel {kernel}")
        sets.append(execution(f, leaves, backward))
    return sets


def convolution(c):
    dtype, b, ci, co, r, s, h, g = DTYPES[c["precision"]], c["batch"], c["c_in"], c["c_out"], c["window"], c["stride"], c["h_in"], c.get("conv_groups", 1)
    backward = c["direction"] == "backward"
    sets = []
    for _ in range(min(16, copies(dtype.itemsize * b * h * h * (ci + co / (s * s))))):
        x = random(b, ci, h, h, dtype=dtype).to(memory_format=torch.channels_last).requires_grad_(backward)
        w = random(co, ci // g, r, r, dtype=dtype).to(memory_format=torch.channels_last).requires_grad_(backward)
        f = lambda x=x, w=w: F.conv2d(x, w, stride=s, padding=r // 2, groups=g)
        sets.append(execution(f, [x, w], backward))
    return sets


def image(c):
    """Pooling and batch normalization in inference, over images."""
    dtype, b, ch, h = DTYPES[c["precision"]], c["batch"], c["c_in"], c["h_in"]
    sets = []
    for _ in range(min(16, copies(2 * dtype.itemsize * b * h * h * ch))):
        x = random(b, ch, h, h, dtype=dtype).to(memory_format=torch.channels_last)
        w = [torch.ones(ch, device=DEVICE, dtype=dtype) for _ in range(4)]
        if c["kernel"] == "max_pool":
            sets.append(lambda x=x: F.max_pool2d(x, c["window"], c["stride"], c["window"] // 2))
        elif c["kernel"] == "global_pool":
            sets.append(lambda x=x: F.adaptive_avg_pool2d(x, 1))
        else:
            sets.append(lambda x=x, w=w: F.batch_norm(x, *w, False))
    return sets


def optimizer(c):
    parameters = [random(c["rows"], c["cols"], dtype=DTYPES[c["precision"]], grad=True) for _ in range(c.get("batch", 1))]
    for p in parameters:
        p.grad = random(*p.shape, dtype=p.dtype)
    adam = torch.optim.AdamW(parameters, fused=True, capturable=CUDA)
    return [adam.step]


class Experts(torch.nn.Module):
    """Routed experts, gated: rows are sorted by expert, multiplied in groups, and added up again. Nothing waits for the host."""

    def __init__(self, c):
        super().__init__()
        self.active, experts, h, n = c["active"], c["experts"], c["cols"], c["n"]
        self.router = torch.nn.Linear(h, experts, bias=False, device=DEVICE, dtype=torch.bfloat16)
        self.up = torch.nn.Parameter(random(experts, 2 * n, h) * 0.05)
        self.down = torch.nn.Parameter(random(experts, h, n) * 0.05)

    def forward(self, x):
        tokens = x.flatten(0, -2)
        weights, chosen = torch.topk(torch.softmax(self.router(tokens).float(), -1), self.active)
        order = torch.argsort(chosen.flatten())
        of_token = order // self.active
        ends = torch.zeros(self.up.shape[0], device=x.device, dtype=torch.int32).index_add_(0, chosen.flatten(), torch.ones_like(chosen.flatten(), dtype=torch.int32)).cumsum(0).int()
        gate, up = torch._grouped_mm(tokens[of_token], self.up.transpose(-1, -2), offs=ends).chunk(2, -1)
        y = torch._grouped_mm(F.silu(gate) * up, self.down.transpose(-1, -2), offs=ends)
        y = y * weights.flatten()[order].unsqueeze(-1).to(y.dtype)
        return torch.zeros_like(tokens).index_add_(0, of_token, y).view_as(x)


class Layer(torch.nn.Module):
    """A layer of a decoder (gated, RMS norms, causal; `experts`: with routed experts) or of an encoder (GELU, layer norms, dropout), without positions."""

    def __init__(self, c):
        super().__init__()
        h, d, self.encoder = c["cols"], c["head_dim"], c["kernel"].startswith("encoder")
        self.heads, self.kv_heads, self.d = c["heads"], c["kv_heads"], d
        linear = lambda i, o: torch.nn.Linear(i, o, bias=self.encoder, device=DEVICE, dtype=torch.bfloat16)
        norm = lambda: (torch.nn.LayerNorm if self.encoder else torch.nn.RMSNorm)(h, device=DEVICE, dtype=torch.bfloat16)
        self.qkv, self.out = linear(h, (self.heads + 2 * self.kv_heads) * d), linear(self.heads * d, h)
        self.experts = Experts(c) if c["kernel"] == "experts" else None
        if not self.experts:
            self.up, self.down = linear(h, c["n"] * (1 if self.encoder else 2)), linear(c["n"], h)
        self.norms = torch.nn.ModuleList([norm(), norm()])

    def attend(self, x, cache):
        b, t, _ = x.shape
        q, k, v = (part.unflatten(-1, (-1, self.d)).transpose(1, 2) for part in self.qkv(x).split([self.heads * self.d, self.kv_heads * self.d, self.kv_heads * self.d], -1))
        if cache is not None:
            cache[:, :, :, -1:] = torch.stack([k, v])
            k, v = cache
        y = F.scaled_dot_product_attention(q, k, v, is_causal=not self.encoder and cache is None, enable_gqa=self.heads != self.kv_heads, dropout_p=0.1 if self.encoder and self.training else 0.0)
        return self.out(y.transpose(1, 2).reshape(b, t, -1))

    def forward(self, x, cache=None):
        if self.encoder:
            x = self.norms[0](x + F.dropout(self.attend(x, cache), 0.1, self.training))
            return self.norms[1](x + F.dropout(self.down(F.gelu(self.up(x), approximate="tanh")), 0.1, self.training))
        x = x + self.attend(self.norms[0](x), cache)
        if self.experts:
            return x + self.experts(self.norms[1](x))
        gate, up = self.up(self.norms[1](x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up)


def layers(c):
    """Whole layers: forward and backward in training, one forward pass otherwise. What estimates are held against, not what they are fitted to."""
    train, decode = c["direction"] == "training", c["direction"] == "decode"
    stack = [Layer(c).train(train) for _ in range(c["groups"])]
    calls = [torch.compile(layer) for layer in stack] if c["kernel"].endswith("compiled") else stack
    x = random(c["batch"], c["q_len"], c["cols"], grad=train)
    caches = [random(2, c["batch"], c["kv_heads"], c["kv_len"], c["head_dim"]) if decode else None for _ in stack]
    dy = random(*x.shape)
    parameters = [p for layer in stack for p in layer.parameters()]

    def step():
        y = x
        with torch.set_grad_enabled(train):
            for layer, cache in zip(calls, caches):
                y = layer(y, cache)
            return torch.autograd.grad(y, parameters, dy) if train else y

    return [step]


BUILDERS = {"layers": layers, "gemm": gemm, "gemm_fp8": gemm_fp8, "grouped_gemm": grouped_gemm, "attention": attention, "stream": stream, "convolution": convolution, "depthwise": convolution, "image": image, "optimizer": optimizer}


class Timer:
    """Seconds on the device between two moments."""

    def __init__(self):
        self.events = [torch.cuda.Event(enable_timing=True) for _ in range(2)] if CUDA else None

    def __enter__(self):
        self.events[0].record() if CUDA else None
        self.start = time.perf_counter()
        return self

    def __exit__(self, *_):
        if CUDA:
            self.events[1].record()
            self.events[1].synchronize()
            self.seconds = self.events[0].elapsed_time(self.events[1]) / 1000
        else:
            self.seconds = time.perf_counter() - self.start


def captured(sets, capturable):
    """One call which runs `count` executions: a graph where it can be captured, else a loop."""

    def loop(n):
        for i in range(n):
            sets[i % len(sets)]()

    if not CUDA:
        return lambda: loop(len(sets)), len(sets)
    loop(max(len(sets), min(3 * len(sets), 8)))
    torch.cuda.synchronize()
    with Timer() as t:
        loop(len(sets))
    # At least two milliseconds of work, so that gaps between replays vanish.
    count = len(sets) * max(1, min(200 // len(sets), int(2e-3 / max(t.seconds, 1e-6))))
    if capturable:
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph, stream=torch.cuda.current_stream(), capture_error_mode="thread_local"):
                loop(count)
            return graph.replay, count
        except Exception as problem:
            torch.cuda.synchronize()
            print(f"not captured: {str(problem).splitlines()[0][:120]}", file=sys.stderr)
    return lambda: loop(count), count


def burst(run, count):
    run()
    times = []
    spent = 0.0
    while len(times) < 5 or (spent < 0.03 and len(times) < 15):
        with Timer() as t:
            run()
        times.append(t.seconds / count)
        spent += t.seconds
    return times, {}


def sustained(run, count, meter, seconds):
    """Runs for `seconds`; the last two thirds count, when clocks and power have settled."""
    with Timer() as t:
        run()
    repeats = max(1, int(0.02 / max(t.seconds, 1e-6)))
    begin = time.perf_counter()
    times, clocks, energy, since = [], [], None, None
    while time.perf_counter() - begin < seconds:
        with Timer() as t:
            for _ in range(repeats):
                run()
        if time.perf_counter() - begin < seconds / 3:
            continue
        if since is None:
            energy, since = meter.energy(), time.perf_counter()
            continue
        times.append(t.seconds / count / repeats)
        if meter.handle:
            clocks.append(meter.clocks())
    facts = {}
    if meter.handle and clocks:
        facts = {"power_w": round((meter.energy() - energy) / (time.perf_counter() - since), 1), "sm_mhz": statistics.median(c[0] for c in clocks),
                 "memory_mhz": statistics.median(c[1] for c in clocks), "celsius": meter.celsius()}
    return times or [t.seconds / count / repeats], facts


def dispatch(c):
    """Seconds which the host takes to start one operator: many small ones in a row, until the queue drains."""
    small = random(8, 64)
    w, norm = random(64, 64), random(64)
    calls = {"add": lambda: small + small, "linear": lambda: F.linear(small, w), "layer_norm": lambda: F.layer_norm(small, (64,), norm, norm), "gelu": lambda: F.gelu(small)}
    f = calls[c["kernel"]]
    times = []
    for _ in range(12):
        if CUDA:
            torch.cuda.synchronize()
        begin = time.perf_counter()
        for _ in range(400):
            f()
        if CUDA:
            torch.cuda.synchronize()
        times.append((time.perf_counter() - begin) / 400)
    return times[2:]


DEFAULTS = {"gemm": {"batch": 1}, "gemm_fp8": {"batch": 1}, "convolution": {"conv_groups": 1}, "image": {"window": 1, "stride": 1}}


def combinations(suite):
    """Every combination of a row's lists is one measurement; `shapes` are lists of values which belong together."""
    for row in suite["measurements"]:
        row = dict(row)
        shapes = row.pop("shapes", [{}])
        keys = [k for k in row if isinstance(row[k], list)]
        for shape in shapes:
            for values in itertools.product(*(row[k] for k in keys)):
                yield {"direction": "forward", "mode": "burst", **DEFAULTS.get(row["op"], {}), **{k: v for k, v in row.items() if k not in keys}, **dict(zip(keys, values)), **shape}


def quantiles(times):
    q = statistics.quantiles(times, n=4) if len(times) > 1 else [times[0]] * 3
    return statistics.median(times), q[0], q[2]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", metavar="DIR", required=True, help="folder for operators.csv")
    parser.add_argument("--suite", metavar="FILE", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "gpu.yaml"))
    parser.add_argument("--only", metavar="OP", help="operators of one class")
    parser.add_argument("--hardware", metavar="ID", help="the device in the registry of mlsysim: writes operators.yaml beside the table")
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after so many seconds")
    o = parser.parse_args()
    begin = time.perf_counter()
    with open(o.suite) as f:
        cases = [c for c in combinations(yaml.safe_load(f)) if not o.only or c["op"] == o.only]
    device = torch.cuda.get_device_name() if CUDA else "CPU"
    library = f"PyTorch {torch.__version__}" + (f", cuDNN {torch.backends.cudnn.version()}" if CUDA else "")
    torch.backends.cudnn.benchmark = True
    meter = Meter()
    if CUDA:
        # Backward passes run on the stream of their forward pass, and only a side stream can be captured.
        torch.cuda.set_stream(torch.cuda.Stream())
    os.makedirs(o.write, exist_ok=True)
    rows, failures = [], []
    for number, c in enumerate(cases):
        if time.perf_counter() - begin > o.seconds:
            print(f"{len(cases) - number} of {len(cases)} left out: time is up", file=sys.stderr)
            break
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = c.get("precision") == "tf32"
        facts, run, sets = {}, None, None
        try:
            if c["op"] == "dispatch":
                times, count = dispatch(c), 400
            elif c["op"] == "idle":
                energy, since = meter.energy(), time.perf_counter()
                time.sleep(float(c["seconds"]))
                times, count = [time.perf_counter() - since], 1
                if meter.handle:
                    sm, memory = meter.clocks()
                    facts = {"power_w": round((meter.energy() - energy) / times[0], 1), "sm_mhz": sm, "memory_mhz": memory, "celsius": meter.celsius()}
            else:
                sets = BUILDERS[c["op"]](c)
                run, count = captured(sets, c.get("kernel") != "cudnn")
                times, facts = sustained(run, count, meter, float(c.get("seconds", 1.5))) if c["mode"] == "sustained" else burst(run, count)
        except Exception as problem:
            failures.append((c, str(problem).splitlines()[0][:160]))
            print(f"not measured: {c}: {failures[-1][1]}", file=sys.stderr)
            continue
        finally:
            del run, sets
            if CUDA and torch.cuda.memory_reserved() > 20e9:
                torch.cuda.empty_cache()
        middle, low, high = quantiles(times)
        rows.append({"device": device, **c, "median_us": f"{middle * 1e6:.4g}", "low_us": f"{low * 1e6:.4g}", "high_us": f"{high * 1e6:.4g}", "executions": count * len(times), **facts, "library": library})
        if number % 20 == 0:
            print(f"\r{number} of {len(cases)}, {time.perf_counter() - begin:.0f} s", end="", file=sys.stderr, flush=True)
            write(o.write, rows)
    print(file=sys.stderr)
    write(o.write, rows)
    if o.hardware:
        write_mapping(o.write, device, o.hardware)
    print(f"{len(rows)} rows in {os.path.join(o.write, 'operators.csv')}; {len(failures)} could not be measured")


def whole(path, fill):
    """Whole or not at all."""
    with tempfile.NamedTemporaryFile("w", dir=os.path.dirname(path), delete=False, newline="") as f:
        fill(f)
    os.chmod(f.name, 0o644)
    os.replace(f.name, path)


def write(folder, rows):
    def fill(f):
        w = csv.DictWriter(f, COLUMNS, extrasaction="ignore", lineterminator="\n")
        w.writeheader()
        w.writerows(rows)

    whole(os.path.join(folder, "operators.csv"), fill)


def write_mapping(folder, device, hardware):
    """The mapping of the shipped table, for this one."""
    shipped = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "validation", "torch-operators.yaml")
    with open(shipped) as f:
        lines = f.read().splitlines()
    own = {"# ": f"# Operators of {device}, measured by benchmarks/gpu.py.", "id: ": "id: operators", "title: ": f"title: Operators of PyTorch on {device}", "file: ": "file: operators.csv",
           "source: ": f"source: measured on {datetime.date.today()} by benchmarks/gpu.py on one {device}", "registry_sources: ": "registry_sources: []", "expect: ": None,
           "  hardware: ": f"  hardware: {{from: $device, to: {{\"{device}\": {hardware}}}}}"}
    text = [next((own[k] for k in own if line.startswith(k)), line) for line in lines]
    whole(os.path.join(folder, "operators.yaml"), lambda f: f.write("\n".join(t for t in text if t is not None) + "\n"))


if __name__ == "__main__":
    main()
