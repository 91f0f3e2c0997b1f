import Glibc
import Thimble
import ThimbleBatches

/// From latent to latent by small steps (paper, section 6.1): if the network has learnt a scene and not pictures, each step changes
/// a little, and what lies between two images is an image.
package struct LatentWalk: Sendable {
  package enum Path: String, Sendable, CaseIterable {
    /// A straight line, in whole numbers: the sampler of small machines makes the same.
    case linear
    /// Along the great circle, the length changing evenly (White: "Sampling Generative Networks", 2016): normal latents lie near a
    /// sphere, whose inside a straight line crosses. Its sines are computed here and travel as latents.
    case spherical
  }

  /// Frames for each two points; the last point is one more.
  package let framesPerPair: Int
  /// A row a frame.
  package let latents: LatentBatch

  /// - Parameters:
  ///   - points: at least 2.
  ///   - frames: 1 to `Q3x12.mostSteps`.
  package init(points: LatentBatch, frames: Int, path: Path) {
    precondition(points.count >= 2 && frames >= 1)
    framesPerPair = frames
    var latents = LatentBatch(length: points.length)
    for pair in 0..<(points.count - 1) {
      let (a, b) = (points[pair], points[pair + 1])
      for step in 0..<frames {
        switch path {
        case .linear: latents.append(zip(a, b).map { Q3x12.between($0, $1, step: step, of: frames) })
        case .spherical: latents.append(step == 0 ? Array(a) : Self.onCircle(a, b, Double(step) / Double(frames)))
        }
      }
    }
    latents.append(points[points.count - 1])
    self.latents = latents
  }

  private static func onCircle(_ a: ArraySlice<Int16>, _ b: ArraySlice<Int16>, _ t: Double) -> [Int16] {
    let (a, b) = (a.map { Double(Q3x12.value($0)) }, b.map { Double(Q3x12.value($0)) })
    func dot(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
    let (lengthA, lengthB) = (dot(a, a).squareRoot(), dot(b, b).squareRoot())
    let cosine = lengthA * lengthB > 0 ? max(-1, min(1, dot(a, b) / (lengthA * lengthB))) : 1
    let angle = acos(cosine)
    // Nearly one direction, or nearly opposite ones, between which there is no one circle: the line.
    guard sin(angle) > 1e-6 else {
      return zip(a, b).map { Q3x12.nearest(Float((1 - t) * $0 + t * $1))! }
    }
    let length = (1 - t) * lengthA + t * lengthB
    let (shareA, shareB) = (sin((1 - t) * angle) / sin(angle), sin(t * angle) / sin(angle))
    return zip(a, b).map { Q3x12.nearest(Float(length * (shareA * $0 / lengthA + shareB * $1 / lengthB)))! }
  }
}

/// How far images are from one to the next.
package struct FrameSteps: Sendable {
  /// Root mean squares of the differences of the bytes.
  package let steps: [Double]

  package init(_ film: ImageBatch<UInt8>) {
    let (pixels, imageByteCount) = (film.pixels, film.imageSize)
    steps = (1..<max(1, film.count)).map { frame in
      var sum = 0
      for i in (frame * imageByteCount)..<((frame + 1) * imageByteCount) {
        let difference = Int(pixels[i]) - Int(pixels[i - imageByteCount])
        sum += difference * difference
      }
      return (Double(sum) / Double(imageByteCount)).squareRoot()
    }
  }

  package var largest: Double { steps.max() ?? 0 }
  package var median: Double { steps.isEmpty ? 0 : steps.sorted()[steps.count / 2] }
}
