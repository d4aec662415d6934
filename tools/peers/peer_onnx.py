#!/usr/bin/python3
"""A network of 8-bit weights and codes as ONNX with QuantizeLinear and DequantizeLinear, in ONNX
Runtime or OpenVINO, for ./bench net FILE --peer ort,openvino to race against.

The first line of standard input is the layer table as JSON. Behind it follow, as raw numbers, for each
layer with weights those (int8, [rows][out]), the bias (int32) and the factor of each accumulator
(float64), then the pictures (uint8, [n][h][w][c]) and our logits for them (float32). The answer says
which program runs and how its logits differ from ours. Every line after that runs the network once and
is answered by the seconds it took. Where a package is missing the answer begins with "skipped".

These programs compute scales and sums of scales in floats and round halves to even; we round halves up,
in integers. So a code may differ by one here and there.
"""

import importlib.util
import json
import sys
import time

try:
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper
    missing = ""
except ImportError as error:
    missing = str(error)

OPSET = 17


class Graph:
    """Collects nodes. A tensor is a name; codes are uint8 with a scale and a zero point."""

    def __init__(self):
        self.nodes, self.initializers = [], []

    def constant(self, value):
        name = f"c{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def add(self, op, *inputs, **attributes):
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], **attributes))
        return name

    def quantize(self, x, scale, zero):
        return self.add("QuantizeLinear", x, self.constant(np.float32(scale)),
                        self.constant(np.uint8(zero)))

    def dequantize(self, codes, scale, zero):
        return self.add("DequantizeLinear", codes, self.constant(np.float32(scale)),
                        self.constant(np.uint8(zero)))

    def dequantized_channels(self, values, scales):
        return self.add("DequantizeLinear", self.constant(values),
                        self.constant(scales.astype(np.float32)),
                        self.constant(np.zeros(len(scales), values.dtype)), axis=0)


def read(stream, dtype, *shape):
    count = int(np.prod(shape))
    data = stream.read(count * np.dtype(dtype).itemsize)
    return np.frombuffer(data, dtype).reshape(shape)


def weighted(graph, layer, x, scale_in, zero_in, scale_out, numbers):
    """A convolution, or a matrix product where the map has one pixel; x: floats."""
    weights, bias, factor = numbers
    k, depthwise = layer["kernel"], layer["kind"] == "depthwise"
    matrices = weights.reshape(k, k, -1, layer["out"])
    # Our bias holds what the zero points add to the sums; here the operators know them.
    bias = bias.astype(np.int64) + zero_in * weights.astype(np.int64).sum(axis=0)
    if layer["activation"] == "linear":
        bias -= np.round(layer["zero"] / factor).astype(np.int64)
    units = factor * scale_out / scale_in
    weights = np.ascontiguousarray(matrices.transpose(3, 2, 0, 1))
    b = graph.dequantized_channels(np.clip(bias, -2**31, 2**31 - 1).astype(np.int32),
                                   units * scale_in)
    if layer["pixels"] == 1 and not depthwise:
        w = graph.dequantized_channels(weights.reshape(layer["out"], -1), units)
        return graph.add("Gemm", graph.add("Flatten", x), w, b, transB=1)
    w = graph.dequantized_channels(weights, units)
    return graph.add("Conv", x, w, b, kernel_shape=[k, k], strides=[layer["stride"]] * 2,
                     pads=[layer["pad"]] * 4, group=layer["out"] if depthwise else 1)


def onnx_model(table, stream):
    graph = Graph()
    picture = table["picture"]
    # name of the codes, or of the floats behind the logits; scale; zero point
    values = {-1: ("pictures", picture["scale"], picture["zero"])}
    for row, layer in enumerate(table["layers"]):
        source, scale, zero = values[layer["sources"][0]]
        kind = layer["kind"]
        if kind == "dropout":
            values[row] = (source, scale, zero)
        elif kind in ("max_pool", "avg_pool"):
            x = source if scale is None else graph.dequantize(source, scale, zero)
            if kind == "avg_pool":
                y = graph.add("GlobalAveragePool", x)
            else:
                y = graph.add("MaxPool", x, kernel_shape=[layer["kernel"]] * 2,
                              strides=[layer["stride"]] * 2, pads=[layer["pad"]] * 4)
            values[row] = (y if scale is None else graph.quantize(y, scale, zero), scale, zero)
        else:
            if kind == "add":
                y = graph.add("Add", *(graph.dequantize(*values[s]) for s in layer["sources"]))
            else:
                out = layer["out"]
                numbers = (read(stream, np.int8, layer["rows"], out),
                           read(stream, np.int32, out), read(stream, np.float64, out))
                y = weighted(graph, layer, graph.dequantize(source, scale, zero), scale, zero,
                             layer["scale"], numbers)
            if layer["activation"] == "relu":
                y = graph.add("Relu", y)
            if layer["activation"] == "logits":
                values[row] = (y, None, 0)
            else:
                values[row] = (graph.quantize(y, layer["scale"], layer["zero"]), layer["scale"],
                               layer["zero"])
    logits = graph.add("Flatten", values[len(table["layers"]) - 1][0])
    n, side, channels = table["batch"], table["side"], picture["channels"]
    inputs = [helper.make_tensor_value_info("pictures", TensorProto.UINT8,
                                            [n, channels, side, side])]
    outputs = [helper.make_tensor_value_info(logits, TensorProto.FLOAT, [n, table["classes"]])]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "net", inputs, outputs, graph.initializers),
        opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    return model.SerializeToString()


def onnxruntime_runner(model, threads):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return (f"ONNX Runtime {onnxruntime.__version__}",
            lambda pictures: session.run(None, {"pictures": pictures})[0])


def openvino_runner(model, threads):
    import openvino
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(model, b""), "CPU",
                                  {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"})
    return (f"OpenVINO {openvino.__version__.split('-')[0]}",
            lambda pictures: compiled({"pictures": pictures}, share_inputs=True)[0])


MODULES = {"ort": "onnxruntime", "openvino": "openvino"}
RUNNERS = {"ort": onnxruntime_runner, "openvino": openvino_runner}


def main():
    stream = sys.stdin.buffer
    table = json.loads(stream.readline())
    module = MODULES[table["peer"]]
    if missing or not importlib.util.find_spec(module):
        print(f"skipped: {missing or 'no module ' + module} (make peers)", flush=True)
        stream.read()
        return
    model = onnx_model(table, stream)
    pictures = read(stream, np.uint8, table["batch"], table["side"], table["side"],
                    table["picture"]["channels"])
    pictures = np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))
    ours = read(stream, np.float32, table["batch"], table["classes"])
    name, run = RUNNERS[table["peer"]](model, table["threads"])
    logits = run(pictures)
    equal = int((logits.argmax(1) == ours.argmax(1)).sum())
    print(f"{name}: the class of {equal} of {len(ours)} pictures is ours, logits differ by "
          f"{np.abs(logits - ours).mean():.3f} on average, of {np.ptp(ours):.1f}", flush=True)
    for _ in stream:
        start = time.perf_counter()
        run(pictures)
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
