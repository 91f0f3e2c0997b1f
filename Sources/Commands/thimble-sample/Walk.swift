import Thimble

/// Latents on straight lines from seed to seed: for each two, `frames` of them, the first seed's among them; at the end the
/// last seed's.
struct Walk {
  private let frames: Int
  private var step = 0
  /// Seeds that are still to come.
  private var coming: UInt64 = 0
  private var from: UnsafeMutableBufferPointer<Int16>
  private var to: UnsafeMutableBufferPointer<Int16>

  /// - Parameter room: for two latents.
  init(
    frames: Int, _ room: UnsafeMutableRawBufferPointer, _ seeds: inout SeedSequence, _ source: ClassedSource
  ) {
    self.frames = frames
    let numbers = room.bindMemory(to: Int16.self)
    from = UnsafeMutableBufferPointer(rebasing: numbers[..<(numbers.count / 2)])
    to = UnsafeMutableBufferPointer(rebasing: numbers[(numbers.count / 2)...])
    begin(&seeds, source)
  }

  mutating func begin(_ seeds: inout SeedSequence, _ source: ClassedSource) {
    (step, coming) = (0, seeds.count - 2)
    fill(from, source, seed: seeds.next())
    fill(to, source, seed: seeds.next())
  }

  mutating func next(
    _ latent: UnsafeMutableBufferPointer<Int16>, _ seeds: inout SeedSequence, _ source: ClassedSource
  ) {
    for i in 0..<latent.count { latent[i] = Q3x12.between(from[i], to[i], step: step, of: frames) }
    step += 1
    // The end of the last leg is the walk's last image.
    if step < frames || coming == 0 { return }
    (step, coming) = (0, coming - 1)
    (from, to) = (to, from)
    fill(to, source, seed: seeds.next())
  }
}
