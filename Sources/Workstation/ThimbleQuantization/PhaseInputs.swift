import ThimbleNetworks
import ThimbleThreads

/// The inputs that meet at outputs of one phase of a fractionally-strided convolution: [tap][channel] at each place.
struct PhaseInputs {
  /// Indices ky * kernel + kx.
  let taps: [Int]
  let moments: SecondMoments
  private let geometry: ConvolutionGeometry
  private let rows: [Int]
  private let columns: [Int]

  init(_ g: ConvolutionGeometry, phase: Int, workers: Workers, kernels: FloatKernels) {
    let (a, b) = (phase / g.stride, phase % g.stride)
    geometry = g
    taps = (0..<g.taps).filter { $0 / g.kernel % g.stride == a && $0 % g.kernel % g.stride == b }
    rows = (0..<g.bigSide).filter { ($0 + g.padding) % g.stride == a }
    columns = (0..<g.bigSide).filter { ($0 + g.padding) % g.stride == b }
    moments = SecondMoments(taps.count * g.smallChannels, workers, kernels)
  }

  /// Takes in `count` places of one image, other ones for each `number`.
  /// - Parameter map: the layer's input, f32 [side][side][channels].
  func add(_ map: UnsafePointer<Float>, number: Int, count: Int) {
    let places = rows.count * columns.count
    for place in 0..<min(count, taps.isEmpty ? 0 : places) {
      // A large odd number steps through all places before one comes again.
      let at = (number * count + place) * 40_503 % places
      let (y, x) = (rows[at / columns.count], columns[at % columns.count])
      moments.add { row in
        for (index, tap) in taps.enumerated() { write(map, y, x, tap, row + index * geometry.smallChannels) }
      }
    }
  }

  /// The inputs of a tap at one place of the output; 0 off the map.
  private func write(_ map: UnsafePointer<Float>, _ y: Int, _ x: Int, _ tap: Int, _ row: UnsafeMutablePointer<Float>) {
    let g = geometry
    let (dy, dx) = (y + g.padding - tap / g.kernel, x + g.padding - tap % g.kernel)
    guard dy >= 0, dx >= 0, dy / g.stride < g.smallSide, dx / g.stride < g.smallSide else {
      row.update(repeating: 0, count: g.smallChannels)
      return
    }
    row.update(from: map + (dy / g.stride * g.smallSide + dx / g.stride) * g.smallChannels, count: g.smallChannels)
  }
}
