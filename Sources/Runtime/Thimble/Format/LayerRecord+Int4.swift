// int4 weights: where their parts lie. format.md, section Sections.

extension LayerRecord {
  /// Bytes of one tap or position x 16 outputs.
  var weightRowByteCount: UInt64 {
    weightEncoding == .int4
      ? inputGroups * 32 + (inputGroups + scaleSteps - 1) / scaleSteps * 8 : inputGroups * 64
  }

  /// The places of an int4 weight and of its group's scale, in half bytes counted from the layer's first: 2 n is the low half of
  /// byte n, 2 n + 1 the high one. Parameters as those of `weightIndex`.
  package func int4Index(
    position: Int = 0, tap: (y: Int, x: Int) = (0, 0), output channel: Int, input: Int
  ) -> (weight: Int, scale: Int) {
    let (step, steps) = (input / 4, Int(scaleSteps))
    let row = 2 * Int(weightRowByteCount) * weightRow(position: position, tap: tap, block: channel / 16)
    let scales = row + step / steps * (16 + 64 * steps)
    return (scales + 16 + step % steps * 64 + channel % 16 * 4 + input % 4, scales + channel % 16)
  }
}

extension LayerRecord {
  /// Writes weights of 0 and scales of 1 to the layer's place in a file's bytes: what channels that do not exist have.
  package func fillInt4(_ bytes: UnsafeMutableRawBufferPointer) {
    var at = Int(weightsOffset)
    while at < Int(weightsOffset + weightsByteCount) {
      var left = Int(inputGroups)
      while left > 0 {
        let steps = min(left, Int(scaleSteps))
        for i in 0..<8 { unsafe bytes[at + i] = 0x11 }
        for i in 8..<8 + 32 * steps { unsafe bytes[at + i] = 0x88 }
        at += 8 + 32 * steps
        left -= steps
      }
    }
  }
}

extension UnsafeMutableRawBufferPointer {
  /// Sets half a byte, numbered as by `int4Index` from the byte `offset`, to 0 ... 15.
  package func setNibble(_ index: Int, from offset: Int, _ value: UInt8) {
    let (byte, shift) = (offset + index / 2, UInt8(index % 2 * 4))
    unsafe self[byte] = self[byte] & ~(15 << shift) | value << shift
  }
}

// What a reader refuses in int4 weights.

extension LayerRecord {
  /// Refuses scales of 0, and numbers for channels that do not exist. All rows lie inside of `weights`.
  func checkInt4(_ weights: UnsafeRawBufferPointer, _ index: Int) throws(ThimbleError) {
    let row = Int(weightRowByteCount)
    for start in Swift.stride(from: 0, to: weights.count, by: row) {
      if unsafe holdsZeroScale(weights, start) { throw ThimbleError(.format, "weights, a scale of 0", layer: index) }
      if unsafe holdsUnusedInputs(weights, start) {
        throw ThimbleError(.format, "weights, for channels that do not exist", layer: index)
      }
    }
    if Int(output.channels) % 16 != 0,
      anyRow(ofLastBlock: weights.count / row, { unsafe holdsUnusedOutputs(weights, $0 * row) })
    {
      throw ThimbleError(.format, "weights, for channels that do not exist", layer: index)
    }
  }

  /// Calls `body` with the place of each group's scales in the row at `start`, and the group's steps, until it says true.
  private func anyGroup(_ start: Int, _ body: (_ scales: Int, _ steps: Int) -> Bool) -> Bool {
    var (at, left) = (start, Int(inputGroups))
    while left > 0 {
      let steps = min(left, Int(scaleSteps))
      if body(at, steps) { return true }
      at += 8 + 32 * steps
      left -= steps
    }
    return false
  }

  private func holdsZeroScale(_ weights: UnsafeRawBufferPointer, _ start: Int) -> Bool {
    anyGroup(start) { scales, _ in
      let sixteen = unsafe weights.long(scales)
      // A half byte of 0 is the only one that borrows its highest bit where none is below it.
      return (sixteen &- 0x1111_1111_1111_1111) & ~sixteen & 0x8888_8888_8888_8888 != 0
    }
  }

  /// Weights other than 0 in the last step's filling.
  private func holdsUnusedInputs(_ weights: UnsafeRawBufferPointer, _ start: Int) -> Bool {
    var first = Int(input.channels)
    return first == Int(inputGroups) * 4
      ? false
      : anyGroup(start) { scales, steps in
        for step in 0..<steps {
          // What the first input of the step is counted from here on: below 4 in the steps of interest.
          for input in max(0, first)..<max(4, first) where first < 4 {
            for output in 0..<16 where unsafe weights.nibble(2 * (scales + 8 + 32 * step) + 4 * output + input) != 8 {
              return true
            }
          }
          first -= 4
        }
        return false
      }
  }

  /// Weights other than 0, or scales other than 1, in the last block's filling.
  private func holdsUnusedOutputs(_ weights: UnsafeRawBufferPointer, _ start: Int) -> Bool {
    anyGroup(start) { scales, steps in
      for output in Int(self.output.channels) % 16..<16 {
        if unsafe weights.nibble(2 * scales + output) != 1 { return true }
        for step in 0..<steps {
          for input in 0..<4 where unsafe weights.nibble(2 * (scales + 8 + 32 * step) + 4 * output + input) != 8 {
            return true
          }
        }
      }
      return false
    }
  }
}

extension UnsafeRawBufferPointer {
  /// Half a byte, numbered as by `int4Index`.
  fileprivate func nibble(_ index: Int) -> UInt8 { unsafe self[index / 2] >> UInt8(index % 2 * 4) & 15 }
}
