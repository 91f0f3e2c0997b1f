/// An image's class for each image of a minibatch: 1 for it, 0 for the others.
package struct LabelRows {
  let first: UnsafePointer<Float>
  /// Floats from one image's to the next one's.
  let stride: Int

  /// - Parameter first: [images][stride], of which the first numbers are the classes.
  package init(_ first: UnsafePointer<Float>, stride: Int) { (self.first, self.stride) = (first, stride) }
}

/// Puts the labels behind the channels of a layer's input, at each of its positions, and takes them out of its gradient.
struct LabelJoin {
  private let labels: Int
  /// Positions, and channels of each, without labels.
  private let positions: Int
  private let channels: Int
  private let rows: Slot
  private let context: ComputeContext

  /// nil for a layer without labels.
  init?(_ specification: LayerSpecification, images: Int, _ context: ComputeContext) {
    guard specification.labels > 0 else { return nil }
    let g = specification.geometry
    let side = specification.direction == .bigToSmall ? g.bigSide : g.smallSide
    labels = specification.labels
    positions = side * side
    channels = specification.inputCount / positions - labels
    rows = context.workspace.reserve(images * specification.inputCount)
    self.context = context
  }

  /// [images][positions][channels + labels]; its gradient may be put in its place.
  var joined: UnsafeMutablePointer<Float> { context.workspace[rows] }

  func join(_ input: UnsafePointer<Float>, _ rows: LabelRows, images: Int) {
    let joined = joined
    context.workers.share(images) { [self] range in
      for image in range {
        let label = rows.first + image * rows.stride
        for position in (image * positions)..<((image + 1) * positions) {
          let place = joined + position * (channels + labels)
          place.update(from: input + position * channels, count: channels)
          (place + channels).update(from: label, count: labels)
        }
      }
    }
  }

  /// The gradient of the input without labels, from the one in the place of `joined`.
  func separate(into gradient: UnsafeMutablePointer<Float>, images: Int) {
    let joined = UnsafePointer(joined)
    context.workers.share(images * positions) { [self] range in
      for position in range {
        (gradient + position * channels).update(from: joined + position * (channels + labels), count: channels)
      }
    }
  }
}
