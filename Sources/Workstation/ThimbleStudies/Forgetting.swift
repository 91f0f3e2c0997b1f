import ThimbleBatches
import ThimbleStatistics
import Thimble
import ThimbleNetworks
import ThimbleStorage
import ThimbleThreads

/// Makes a generator forget an object (paper, section 6.3.1): a logistic regression tells positions inside boxes that were drawn
/// around the object from positions outside by the maps of a hidden layer; the maps that speak for the object are dropped.
package struct Forgetting: Sendable {
  package enum Rule: String, Sendable, CaseIterable {
    /// Maps of positive weight, as the paper drops them.
    case positive
    /// All maps that the regression uses, whichever way.
    case nonzero
  }

  /// The layer whose maps were looked at.
  package let layer: String
  package let weights: [Double]
  /// Channels of that layer, ascending.
  package let dropped: [Int]
  /// On positions of the fitted samples, and of the held-out ones: every fifth sample with boxes.
  package let accuracy: (fitted: Double, heldOut: Double)
  package let positions: (fitted: Int, heldOut: Int)

  /// The second-highest hidden map of a generator, as in the paper, or the only one.
  package static func usualLayer(_ layers: [LayerSpecification]) -> String {
    layers[max(0, layers.count - 3)].name
  }

  /// Throws `usage` for a layer that is none of the hidden ones, `badData` where a fifth of the samples with boxes is none.
  package init(
    _ stored: StoredGenerator, _ network: Network, _ boxes: Boxes, latents: LatentBatch, layer name: String?,
    rule: Rule, penalty: Double, file: String
  ) throws(FileError) {
    let hidden = stored.layers.dropLast()
    let name = name ?? Self.usualLayer(stored.layers)
    guard let index = hidden.firstIndex(where: { $0.name == name }) else {
      throw FileError(
        .usage, file: file, field: "--layer", found: "\"\(name)\"",
        wanted: "one of \(hidden.map(\.name).joined(separator: ", "))", advice: "Choose a hidden layer.")
    }
    let marked = boxes.boxes.indices.filter { !boxes.boxes[$0].isEmpty }
    guard marked.count >= 5 else {
      throw FileError(
        .badData, file: file, field: "samples with boxes", found: "\(marked.count)", wanted: "at least 5",
        advice: "Draw boxes on more samples: the paper used 150.")
    }
    var parts = (fitted: Positions(), heldOut: Positions())
    for (number, sample) in marked.enumerated() {
      let positions = Self.positions(network, stored, index, boxes, sample, latents)
      if number % 5 == 4 { parts.heldOut.add(positions) } else { parts.fitted.add(positions) }
    }
    let channels = stored.layers[index].outputChannels
    let model = LogisticRegression(parts.fitted.features, parts.fitted.labels, length: channels, penalty: penalty)
    layer = name
    weights = model.weights
    dropped = model.weights.indices.filter { rule == .positive ? model.weights[$0] > 0 : model.weights[$0] != 0 }
    accuracy = (
      model.accuracy(parts.fitted.features, parts.fitted.labels),
      model.accuracy(parts.heldOut.features, parts.heldOut.labels)
    )
    positions = (parts.fitted.labels.count, parts.heldOut.labels.count)
  }

  /// Features of positions, [count][channels], and whether they lie in a box.
  private struct Positions {
    var features: [Double] = []
    var labels: [Bool] = []

    mutating func add(_ others: Positions) {
      features += others.features
      labels += others.labels
    }
  }

  /// All positions whose centre lies in a box, and as many drawn from those outside.
  private static func positions(
    _ network: Network, _ stored: StoredGenerator, _ index: Int, _ boxes: Boxes, _ sample: Int, _ latents: LatentBatch
  ) -> Positions {
    let row = latents[sample].map(Q3x12.value)
    unsafe network.forward(row, images: 1, frozen: true)
    let specification = stored.layers[index]
    let channels = specification.outputChannels
    let side = specification.kind.outputSide
    let count = side * side
    let scale = Double(stored.imageSide) / Double(side)
    let map = unsafe network.output(ofLayer: index)
    var (inside, outside) = ([Int](), [Int]())
    for at in 0..<count {
      let (x, y) = ((Double(at % side) + 0.5) * scale, (Double(at / side) + 0.5) * scale)
      if boxes.covers(sample, x: x, y: y) { inside.append(at) } else { outside.append(at) }
    }
    let random = Philox(seed: boxes.seeds[sample])
    for number in 0..<min(inside.count, outside.count) {
      let word = random.block(UInt32(number), domain: .shuffling)[0]
      outside.swapAt(number, number + Int(word) % (outside.count - number))
    }
    var positions = Positions()
    for (places, label) in [(inside[...], true), (outside.prefix(inside.count), false)] {
      for at in places {
        positions.features += (0..<channels).map { unsafe Double(map[at * channels + $0]) }
        positions.labels.append(label)
      }
    }
    return positions
  }
}

extension StoredGenerator {
  /// The same generator with maps of one layer that are 0 everywhere: gain and bias of their normalisation are 0, and so is what the
  /// rectifier makes of them.
  package func dropping(_ channels: [Int], of layer: String) -> StoredGenerator {
    changingParameters { parameter, values in
      guard parameter.layer.name == layer, parameter.role != .weight else { return }
      let channelCount = parameter.layer.outputChannels
      for i in values.indices where channels.contains((i - values.startIndex) % channelCount) { values[i] = 0 }
    }
  }
}

/// How much images change inside boxes and outside.
package struct ChangeInBoxes: Sendable {
  /// Mean absolute differences of bytes.
  package let inside: Double
  package let outside: Double
  package var ratio: Double { outside > 0 ? inside / outside : .infinity }

  /// Over the samples that have boxes; pixels u8 [samples][height][width][channels].
  package init(_ before: [UInt8], _ after: [UInt8], _ boxes: Boxes, width: Int, height: Int, channels: Int) {
    var (sums, counts) = ((0, 0), (0, 0))
    for sample in boxes.seeds.indices where !boxes.boxes[sample].isEmpty {
      for y in 0..<height {
        for x in 0..<width {
          let isInside = boxes.covers(sample, x: Double(x), y: Double(y))
          for c in 0..<channels {
            let i = ((sample * height + y) * width + x) * channels + c
            let difference = abs(Int(before[i]) - Int(after[i]))
            if isInside { (sums.0, counts.0) = (sums.0 + difference, counts.0 + 1) }
            if !isInside { (sums.1, counts.1) = (sums.1 + difference, counts.1 + 1) }
          }
        }
      }
    }
    inside = Double(sums.0) / Double(max(1, counts.0))
    outside = Double(sums.1) / Double(max(1, counts.1))
  }
}
