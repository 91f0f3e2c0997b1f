import ThimbleKernelInterface

/// The sum of sixteen lanes by halves: the lower half plus the upper one, four times.
@inline(__always)
func sumOfLanes(_ v: Lanes) -> Float {
  let eight = v.lowHalf + v.highHalf
  let four = eight.lowHalf + eight.highHalf
  let two = four.lowHalf + four.highHalf
  return two[0] + two[1]
}

/// A gathered product with few outputs, where lanes along the outputs would stand idle: they run along the depth instead.
/// Its order of sums is another one, and part of its definition: lane l adds, tap after tap, the depths l, l + 16, ...; then the
/// lanes are added by halves. The input may be read up to 15 floats past a row, against weights of 0.
public func narrowProduct(_ a: GatheredProduct, positions: Range<Int>) {
  let groups = (a.depth + 15) / 16
  var (image, p) = positions.lowerBound.quotientAndRemainder(dividingBy: a.positions)
  for _ in positions {
    let input = a.input + image * a.inputImageStride
    let output = a.output + image * a.outputImageStride + Int(a.outputOffsets[p])
    if a.outputs == 3 {
      colourOutput(a, input, output, groups, p)
    } else {
      for o in 0..<a.outputs { output[o] = oneOutput(a, input, groups, p, o) }
    }
    p += 1
    if p == a.positions { (image, p) = (image + 1, 0) }
  }
}

@inline(__always)
private func load(_ row: UnsafePointer<Float>, _ group: Int) -> Lanes {
  UnsafeRawPointer(row + 16 * group).loadUnaligned(as: Lanes.self)
}

@inline(__always)
private func oneOutput(
  _ a: GatheredProduct, _ input: UnsafePointer<Float>, _ groups: Int, _ p: Int, _ o: Int
) -> Float {
  var sum = Lanes.zero
  for t in 0..<a.taps {
    let offset = Int(a.inputOffsets[t * a.positions + p])
    if offset < 0 { continue }
    let weights = a.weights + (t * a.outputs + o) * groups
    for g in 0..<groups { sum.addProduct(load(input + offset, g), weights[g]) }
  }
  return sumOfLanes(sum)
}

/// Three outputs at a time: each load of the input serves all of them.
@inline(__always)
private func colourOutput(
  _ a: GatheredProduct, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ groups: Int, _ p: Int
) {
  var (red, green, blue) = (Lanes.zero, Lanes.zero, Lanes.zero)
  for t in 0..<a.taps {
    let offset = Int(a.inputOffsets[t * a.positions + p])
    if offset < 0 { continue }
    let weights = a.weights + t * 3 * groups
    for g in 0..<groups {
      let x = load(input + offset, g)
      red.addProduct(x, weights[g])
      green.addProduct(x, weights[groups + g])
      blue.addProduct(x, weights[2 * groups + g])
    }
  }
  output[0] = sumOfLanes(red)
  output[1] = sumOfLanes(green)
  output[2] = sumOfLanes(blue)
}
