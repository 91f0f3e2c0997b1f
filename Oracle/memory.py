"""The schedules of format.md's section Memory: which rows a layer needs, and in what order rows are computed."""

WHOLE, OVERLAPPING, STREAMED = 0, 1, 2


def lo(layer, y):
    """Output rows from y on need no input row before this one."""
    rows = -(-(y + layer.padding - layer.kernel + 1) // layer.stride)
    return min(max(0, rows), layer.input_shape[0])


def hi(layer, y):
    """Output rows before y, at least 1, need no input row from this one on."""
    return min((y - 1 + layer.padding) // layer.stride + 1, layer.input_shape[0])


def line(shape):
    """Bytes of a row of a map."""
    return shape[1] * (-(-shape[2] // 16) * 16)


def strips(layer):
    """[(first row, end)] of an overlapping layer, or None if a strip would have no row."""
    result, y = [], 0
    while y < layer.output_shape[0]:
        room = layer.input_offset + lo(layer, y) * line(layer.input_shape) - layer.output_offset
        end = min(room // line(layer.output_shape), layer.output_shape[0])
        if end <= y:
            return None
        result.append((y, end))
        y = end
    return result


def stream(tail):
    """Steps of the streamed layers, in order: [(index in the tail, first output row, end)] for each strip of the image."""
    have = [0] * len(tail)
    height = tail[-1].output_shape[0] if tail else 0
    while tail and have[-1] < height:
        want = [0] * len(tail)
        want[-1] = min(have[-1] + tail[-1].strip_rows, height)
        for index in range(len(tail) - 2, -1, -1):
            want[index] = max(have[index], hi(tail[index + 1], want[index + 1]))
        yield [(index, have[index], want[index]) for index in range(len(tail)) if want[index] > have[index]]
        have = want


def rows_needed(tail):
    """Of the inputs of the second streamed layer and those behind it: the most rows that are needed at once."""
    most, done = [0] * len(tail), [0] * len(tail)
    for strip in stream(tail):
        for index, _, end in strip:
            if index + 1 < len(tail):
                most[index + 1] = max(most[index + 1], end - lo(tail[index + 1], done[index + 1]))
            done[index] = end
    return most[1:]
