import Thimble
import ThimbleData
import ThimbleNetworks

/// Which images and latents each minibatch is made of: a function of (recipe, rollbacks, step), so that a run can continue at any step.
package struct BatchSource {
  private let dataset: Dataset
  private let recipe: Recipe
  /// The steps that the run went back to since its samples had become alike, in that order.
  ///
  /// Minibatch `step` is drawn from variation n of the seed: n counts the rollbacks up to the last one that went back to this step
  /// or before it; 0 where there is none.
  package var rollbacks: [Int] = []
  private var pass = -1
  private var passSeed: UInt64 = 0
  private var order: [UInt32] = []
  /// [batchSize][side][side][channels], as `Recipe.scaledBytes` has them.
  package private(set) var real: [Float]
  /// [batchSize][latentLength + classes], the class of each the real image's.
  package private(set) var latents: [Float]
  private let scaled: [Float]

  /// Images that do not fill a minibatch at the end of a pass are left out of it.
  package init(_ dataset: Dataset, _ recipe: Recipe) {
    self.dataset = dataset
    self.recipe = recipe
    scaled = recipe.scaledBytes
    real = [Float](repeating: 0, count: recipe.batchSize * dataset.imageByteCount)
    latents = [Float](repeating: 0, count: recipe.batchSize * recipe.latents.count)
  }

  package var stepsPerPass: Int { dataset.count / recipe.batchSize }

  /// Fills `real` and `latents` for minibatch number `step`, from 0.
  package mutating func load(step: Int) {
    let seed = seed(step: step)
    if step / stepsPerPass != pass || seed != passSeed {
      pass = step / stepsPerPass
      passSeed = seed
      order = Self.order(count: dataset.count, seed: seed, pass: pass)
    }
    let size = dataset.imageByteCount
    let first = step % stepsPerPass * recipe.batchSize
    for i in 0..<recipe.batchSize {
      let image = unsafe dataset.image(Int(order[first + i]))
      if recipe.mirrored && Self.isMirrored(i, step: step, seed: seed) {
        let (width, channels) = (dataset.width, dataset.channels)
        for row in 0..<dataset.height {
          for x in 0..<width {
            for c in 0..<channels {
              real[i * size + (row * width + x) * channels + c] =
                unsafe scaled[Int(image[(row * width + width - 1 - x) * channels + c])]
            }
          }
        }
      } else {
        for j in 0..<size { real[i * size + j] = unsafe scaled[Int(image[j])] }
      }
    }
    let labels =
      recipe.classes == 0 ? nil : (0..<recipe.batchSize).map { Int(dataset.labels![Int(order[first + $0])]) }
    unsafe latents.withUnsafeMutableBufferPointer {
      unsafe recipe.latents.fill(
        $0.baseAddress!, rows: recipe.batchSize, seed: seed, firstStream: UInt64(step) * UInt64(recipe.batchSize),
        domain: .trainingLatents, labels: labels)
    }
  }

  /// Bit `place` of the stream of this step.
  static func isMirrored(_ place: Int, step: Int, seed: UInt64) -> Bool {
    let words = Philox(seed: seed).block(UInt32(place / 128), stream: UInt64(step), domain: .mirroring)
    return words[place % 128 / 32] >> UInt32(place % 32) & 1 == 1
  }

  /// What minibatch `step` is drawn from: variation n of the seed is the seed + n x 0x9E3779B97F4A7C15 mod 2^64 (2^64 over the golden
  /// ratio: far from the seeds that people take).
  func seed(step: Int) -> UInt64 {
    let variation = rollbacks.lastIndex { $0 <= step }.map { $0 + 1 } ?? 0
    return recipe.seed &+ UInt64(variation) &* 0x9E37_79B9_7F4A_7C15
  }

  /// The order of the images in one pass: Fisher and Yates' shuffle, with 64 random bits a place.
  static func order(count: Int, seed: UInt64, pass: Int) -> [UInt32] {
    let random = Philox(seed: seed)
    var order = (0..<UInt32(count)).map { $0 }
    for place in stride(from: count - 1, to: 0, by: -1) {
      let words = random.block(UInt32(place), stream: UInt64(pass), domain: .shuffling)
      let bits = UInt64(words[1]) << 32 | UInt64(words[0])
      order.swapAt(place, Int(bits.multipliedFullWidth(by: UInt64(place + 1)).high))
    }
    return order
  }
}
