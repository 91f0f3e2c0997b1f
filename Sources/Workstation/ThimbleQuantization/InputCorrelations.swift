import ThimbleNetworks
import ThimbleThreads

/// How the inputs of a fractionally-strided convolution vary together: the mean of x[i] x[j] over many places, where x are the
/// inputs, [tap][channel], of taps that meet at one output.
struct InputCorrelations {
  /// Sets of taps that share one matrix.
  struct Group {
    /// Indices ky * kernel + kx. The weights of one set are rounded together.
    let sets: [[Int]]
    let inputs: Int
    /// Sums of products; the lower triangle of [inputs][inputs].
    fileprivate(set) var sums: [Double]
    /// Rows of inputs that are not in the sums yet.
    fileprivate var pending: [Double] = []

    fileprivate init(sets: [[Int]], inputs: Int) {
      (self.sets, self.inputs) = (sets, inputs)
      sums = [Double](repeating: 0, count: inputs * inputs)
    }
  }

  /// All taps of a phase are rounded together up to this many inputs, beyond it each tap by itself: the work grows with their cube.
  static let largestGroup = 1280
  private static let placesAtOnce = 64

  private(set) var groups: [Group]
  private let geometry: ConvolutionGeometry
  private let workers: Workers
  /// Places of each group that one image gives.
  private let placesPerImage: Int

  init(_ g: ConvolutionGeometry, images: Int, workers: Workers) {
    geometry = g
    self.workers = workers
    // Some thousands of places say enough about some hundreds of inputs.
    placesPerImage = max(1, 4096 / images)
    let phases = (0..<g.phaseCount).map { g.phase($0).taps }
    if phases.contains(where: { $0.count * g.smallChannels > Self.largestGroup }) {
      groups = [Group(sets: (0..<g.taps).map { [$0] }, inputs: g.smallChannels)]
    } else {
      groups = phases.filter { !$0.isEmpty }.map { Group(sets: [$0], inputs: $0.count * g.smallChannels) }
    }
  }

  /// Takes in places of one image, other ones for each `number`.
  /// - Parameters:
  ///   - map: the layer's input, f32 [side][side][channels].
  ///   - image: what tanh makes of the layer's output, if it is the last: places count by the slope of tanh there, since what
  ///     is black or white anyway forgives errors.
  mutating func add(_ map: UnsafePointer<Float>, image: UnsafePointer<Float>? = nil, number: Int) {
    let g = geometry
    for index in groups.indices {
      let taps = groups[index].sets[0]
      let phase = g.phase(ofTap: taps[0])
      let places =
        groups[index].sets.count > 1
        ? insidePlaces(taps[0], phase) : (rows: phase.rows, columns: phase.columns)
      guard places.rows.count * places.columns.count > 0 else { continue }
      for place in 0..<min(placesPerImage, places.rows.count * places.columns.count) {
        // A large odd number steps through all places before one comes again.
        let at = (number * placesPerImage + place) * 40_503 % (places.rows.count * places.columns.count)
        let (y, x) = (places.rows[at / places.columns.count], places.columns[at % places.columns.count])
        let slope = unsafe image.map { unsafe self.slope($0 + (y * g.bigSide + x) * g.bigChannels) } ?? 1
        for tap in taps {
          guard let offset = g.smallOffset(row: y, column: x, tap: tap) else {
            groups[index].pending.append(contentsOf: repeatElement(0, count: g.smallChannels))
            continue
          }
          let row = unsafe map + offset
          for channel in 0..<g.smallChannels { unsafe groups[index].pending.append(Double(row[channel]) * slope) }
        }
      }
      if groups[index].pending.count >= Self.placesAtOnce * groups[index].inputs { sum(index) }
    }
  }

  /// The root mean square over the channels of the slope of tanh at one pixel.
  private func slope(_ pixel: UnsafePointer<Float>) -> Double {
    let channels = geometry.bigChannels
    let squares = (0..<channels).reduce(0.0) { sum, channel in
      let slope = unsafe 1 - Double(pixel[channel]) * Double(pixel[channel])
      return sum + slope * slope
    }
    return (squares / Double(channels)).squareRoot()
  }

  /// Brings what is pending into the sums.
  mutating func finish() { for index in groups.indices { sum(index) } }

  /// The rows and columns of a tap's phase at which it reads within the map.
  private func insidePlaces(_ tap: Int, _ phase: ConvolutionGeometry.Phase) -> (rows: [Int], columns: [Int]) {
    let g = geometry
    func isInside(_ place: Int, _ k: Int) -> Bool {
      let distance = place + g.padding - k
      return distance >= 0 && distance / g.stride < g.smallSide
    }
    return (
      phase.rows.filter { isInside($0, tap / g.kernel) }, phase.columns.filter { isInside($0, tap % g.kernel) }
    )
  }

  /// Each sum takes its terms in the order of the places, on any thread.
  private mutating func sum(_ index: Int) {
    let n = groups[index].inputs
    let count = groups[index].pending.count / n
    let pending = groups[index].pending
    unsafe groups[index].sums.withUnsafeMutableBufferPointer { sums in
      nonisolated(unsafe) let sums = sums.baseAddress!
      unsafe pending.withUnsafeBufferPointer { rows in
        nonisolated(unsafe) let rows = rows.baseAddress!
        workers.parallelFor(n) { i in
          let sum = unsafe sums + i * n
          for place in 0..<count {
            let row = unsafe rows + place * n
            let factor = unsafe row[i]
            guard factor != 0 else { continue }
            for j in 0...i { unsafe sum[j] += factor * row[j] }
          }
        }
      }
    }
    groups[index].pending.removeAll(keepingCapacity: true)
  }
}
