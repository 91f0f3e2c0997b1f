import ThimbleNetworks
import ThimbleThreads

/// The inputs that meet at outputs of one phase of a fractionally-strided convolution: [tap][channel] at each place.
struct PhaseInputs {
  /// Indices ky * kernel + kx.
  var taps: [Int] { phase.taps }
  let moments: SecondMoments
  private let geometry: ConvolutionGeometry
  private let phase: ConvolutionGeometry.Phase

  init(_ g: ConvolutionGeometry, phase index: Int, workers: Workers, kernels: FloatKernels) {
    geometry = g
    phase = g.phase(index)
    moments = SecondMoments(phase.taps.count * g.smallChannels, workers, kernels)
  }

  /// Takes in `count` places of one image, other ones for each `number`.
  /// - Parameter map: the layer's input, f32 [side][side][channels].
  func add(_ map: UnsafePointer<Float>, number: Int, count: Int) {
    let (rows, columns) = (phase.rows, phase.columns)
    let places = rows.count * columns.count
    for place in 0..<min(count, taps.isEmpty ? 0 : places) {
      // A large odd number steps through all places before one comes again.
      let at = (number * count + place) * 40_503 % places
      let (y, x) = (rows[at / columns.count], columns[at % columns.count])
      unsafe moments.add { row in
        for (index, tap) in taps.enumerated() { unsafe write(map, y, x, tap, row + index * geometry.smallChannels) }
      }
    }
  }

  /// The inputs of a tap at one place of the output; 0 off the map.
  private func write(_ map: UnsafePointer<Float>, _ y: Int, _ x: Int, _ tap: Int, _ row: UnsafeMutablePointer<Float>) {
    let channels = geometry.smallChannels
    if let offset = geometry.smallOffset(row: y, column: x, tap: tap) {
      unsafe row.update(from: map + offset, count: channels)
    } else {
      unsafe row.update(repeating: 0, count: channels)
    }
  }
}
