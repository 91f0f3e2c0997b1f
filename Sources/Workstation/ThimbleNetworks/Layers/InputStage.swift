import ThimbleThreads

/// An image's class for each image of a minibatch: 1 for it, 0 for the others.
@safe package struct LabelRows {
  let first: UnsafePointer<Float>
  /// Floats from one image's to the next one's.
  let stride: Int

  /// - Parameter first: [images][stride], of which the first numbers are the classes.
  package init(_ first: UnsafePointer<Float>, stride: Int) { unsafe (self.first, self.stride) = unsafe (first, stride) }
}

/// What is done to a map, or a vector, before a layer's weights see it.
struct InputStage {
  enum Kind: Equatable {
    /// This many labels follow the channels of each position.
    case labels(Int)
    /// The largest of each 2x2 positions, for each channel.
    case maximum
    /// Each position twice along both axes.
    case repeated
    /// The mean of all positions.
    case mean
  }

  private let kind: Kind
  /// Of the stage's input.
  private let side: Int
  private let channels: Int
  private let outputCount: Int
  private let rows: Slot
  private let context: ComputeContext

  /// The stages of a layer, in order.
  static func all(_ specification: LayerSpecification, images: Int, _ context: ComputeContext) -> [InputStage] {
    var stages: [InputStage] = []
    if let resampling = specification.resampling {
      let kind: Kind =
        switch resampling.kind {
        case .maximum: .maximum
        case .repeated: .repeated
        case .mean: .mean
        }
      stages.append(InputStage(kind, resampling.side, resampling.channels, images, context))
    }
    if specification.labels > 0 {
      let (kind, labels) = (specification.kind, specification.labels)
      stages.append(InputStage(.labels(labels), kind.inputSide, kind.inputChannels - labels, images, context))
    }
    return stages
  }

  private init(_ kind: Kind, _ side: Int, _ channels: Int, _ images: Int, _ context: ComputeContext) {
    (self.kind, self.side, self.channels, self.context) = (kind, side, channels, context)
    let positions = side * side
    outputCount =
      switch kind {
      case .labels(let count): positions * (channels + count)
      case .maximum: positions / 4 * channels
      case .repeated: 4 * positions * channels
      case .mean: channels
      }
    rows = context.workspace.reserve(images * outputCount)
  }

  /// [images][outputCount] of the last forward run; the gradient of it may be put in its place.
  var output: UnsafeMutablePointer<Float> { unsafe context.workspace[rows] }

  func forward(_ input: UnsafePointer<Float>, _ labels: LabelRows, images: Int) {
    let (output, size) = unsafe (output, side * side * channels)
    context.workers.share(images) { [self] range in
      for image in range {
        let (from, to) = unsafe (input + image * size, output + image * outputCount)
        switch kind {
        case .labels(let count): unsafe join(from, labels.first + image * labels.stride, count, into: to)
        case .maximum: unsafe pool(from, into: to)
        case .repeated: for i in 0..<outputCount { unsafe to[i] = unsafe from[source(i)] }
        case .mean:
          unsafe to.update(repeating: 0, count: channels)
          for i in 0..<size { unsafe to[i % channels] += from[i] }
          for c in 0..<channels { unsafe to[c] /= Float(side * side) }
        }
      }
    }
  }

  /// From the gradient in the place of `output` to that of the input, which may take the input's own place.
  func backward(_ input: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>, images: Int) {
    let (output, size) = unsafe (UnsafePointer(output), side * side * channels)
    context.workers.share(images) { [self] range in
      for image in range {
        let (from, to) = unsafe (output + image * outputCount, gradient + image * size)
        switch kind {
        case .labels(let count):
          for position in 0..<(side * side) {
            unsafe (to + position * channels).update(from: from + position * (channels + count), count: channels)
          }
        case .maximum: unsafe unpool(input + image * size, from, into: to)
        case .repeated:
          unsafe to.update(repeating: 0, count: size)
          for i in 0..<outputCount { unsafe to[source(i)] += from[i] }
        case .mean: for i in 0..<size { unsafe to[i] = unsafe from[i % channels] / Float(side * side) }
        }
      }
    }
  }

  private func join(
    _ from: UnsafePointer<Float>, _ label: UnsafePointer<Float>, _ count: Int, into to: UnsafeMutablePointer<Float>
  ) {
    for position in 0..<(side * side) {
      let place = unsafe to + position * (channels + count)
      unsafe place.update(from: from + position * channels, count: channels)
      unsafe (place + channels).update(from: label, count: count)
    }
  }

  /// The number that an output of `.repeated` repeats.
  private func source(_ output: Int) -> Int {
    let (position, c) = (output / channels, output % channels)
    return (position / (2 * side) / 2 * side + position % (2 * side) / 2) * channels + c
  }

  /// Calls `body` with each output of `.maximum` and the four places it is the largest of.
  private func windows(_ body: (Int, SIMD4<Int>) -> Void) {
    let half = side / 2
    for output in 0..<(half * half * channels) {
      let (position, c) = (output / channels, output % channels)
      let first = (position / half * 2 * side + position % half * 2) * channels + c
      body(output, SIMD4(first, first + channels, first + side * channels, first + (side + 1) * channels))
    }
  }

  private func pool(_ from: UnsafePointer<Float>, into to: UnsafeMutablePointer<Float>) {
    windows { output, places in
      unsafe to[output] = max(max(from[places[0]], from[places[1]]), max(from[places[2]], from[places[3]]))
    }
  }

  /// Of equally large ones the first has the gradient.
  private func unpool(
    _ input: UnsafePointer<Float>, _ from: UnsafePointer<Float>, into to: UnsafeMutablePointer<Float>
  ) {
    windows { output, places in
      var best = 0
      for i in 1..<4 where unsafe input[places[i]] > input[places[best]] { best = i }
      for i in 0..<4 { unsafe to[places[i]] = unsafe i == best ? from[output] : 0 }
    }
  }
}
