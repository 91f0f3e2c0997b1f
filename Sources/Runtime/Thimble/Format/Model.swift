import ThimbleIntrinsics

/// A .thimble file that was checked from the first byte to the last: geometry, plan and numbers of a generator. Holds no
/// memory but the mapping of the file.
@safe public struct Model: ~Copyable, @unchecked Sendable {
  /// Header and records.
  package let layout: Layout
  /// The whole file.
  public let bytes: UnsafeRawBufferPointer
  /// The kernels that run it.
  public let instructionSet: InstructionSet
  private let isMapped: Bool
  #if !hasFeature(Embedded)
    /// Who keeps the bytes, and how to let go of it.
    private var owner: (object: UnsafeRawPointer, release: @convention(c) (UnsafeRawPointer) -> Void)?
  #endif

  /// Checks a model that lies in the caller's memory, aligned to 64, which must outlive the model and must not change.
  /// Throws if it is not a valid model, or if the build or the machine lacks the instruction set.
  public init(_ bytes: UnsafeRawBufferPointer, instructionSet: InstructionSet) throws(ThimbleError) {
    try unsafe self.init(bytes, instructionSet: instructionSet, plan: .ofFile)
  }

  /// The same, by any plan of the memory.
  package init(
    _ bytes: UnsafeRawBufferPointer, instructionSet: InstructionSet, plan: MemoryPlan
  ) throws(ThimbleError) {
    layout = try unsafe Layout(validating: bytes, instructionSet, plan)
    unsafe (self.bytes, self.instructionSet, isMapped) = (bytes, instructionSet, false)
  }

  #if !hasFeature(Embedded)
    /// The same with bytes that an object keeps, which is let go with the model, or if the model is refused.
    package init(
      _ bytes: UnsafeRawBufferPointer, instructionSet: InstructionSet, plan: MemoryPlan, owner: UnsafeRawPointer,
      release: @escaping @convention(c) (UnsafeRawPointer) -> Void
    ) throws(ThimbleError) {
      do {
        layout = try unsafe Layout(validating: bytes, instructionSet, plan)
      } catch {
        unsafe release(owner)
        throw error
      }
      unsafe (self.bytes, self.instructionSet, isMapped) = (bytes, instructionSet, false)
      unsafe self.owner = (owner, release)
    }
  #endif

  /// Maps a file and checks it, with the instruction set in force.
  public init(path: UnsafePointer<CChar>) throws(ThimbleError) {
    try unsafe self.init(path: path, instructionSet: InstructionSet.inForce())
  }

  /// Maps a file and checks it. Throws if it cannot be read or is not a valid model, or if the build or the machine lacks
  /// the instruction set.
  public init(path: UnsafePointer<CChar>, instructionSet: InstructionSet) throws(ThimbleError) {
    try unsafe self.init(path: path, instructionSet: instructionSet, plan: .ofFile)
  }

  /// The same, by any plan of the memory.
  package init(
    path: UnsafePointer<CChar>, instructionSet: InstructionSet, plan: MemoryPlan
  ) throws(ThimbleError) {
    var byteCount = 0
    var error: Int32 = 0
    guard let start = unsafe thimble_map_file(path, &byteCount, &error) else {
      throw unsafe ThimbleError(path, systemError: error)
    }
    let bytes = unsafe UnsafeRawBufferPointer(start: start, count: byteCount)
    do {
      layout = try unsafe Layout(validating: bytes, instructionSet, plan)
    } catch {
      unsafe thimble_unmap_file(start, byteCount)
      throw error
    }
    unsafe (self.bytes, self.instructionSet, isMapped) = (bytes, instructionSet, true)
  }

  /// A view of a model that was checked already: its bytes must outlive the view, too.
  package init(viewing other: borrowing Model) {
    unsafe (layout, bytes, instructionSet, isMapped) = (other.layout, other.bytes, other.instructionSet, false)
  }

  deinit {
    if isMapped { unsafe thimble_unmap_file(bytes.baseAddress, bytes.count) }
    #if !hasFeature(Embedded)
      if let owner = unsafe owner { unsafe owner.release(owner.object) }
    #endif
  }
}

extension Model {
  /// Numbers of a latent, those that tell its class included.
  public var latentLength: Int { Int(layout.header.latentLength) }
  /// How many classes the generator knows; 0: none. The last so many numbers of a latent tell its class.
  public var classCount: Int { Int(layout.header.classCount) }
  /// How latents of this generator are made.
  public var latents: LatentSource {
    LatentSource(length: latentLength - classCount, distribution: distribution, classes: classCount)
  }
  /// How latents of this generator are distributed.
  public var distribution: LatentDistribution { LatentDistribution(rawValue: layout.header.distribution) ?? .uniform }
  /// Height, width and channels of an image.
  public var imageShape: MapShape { layout.header.image }
  /// Bytes of an image, u8 [height][width][channels].
  public var imageByteCount: Int { Int(imageShape.positions) * Int(imageShape.channels) }
  /// How many layers there are.
  package var layerCount: Int { Int(layout.header.layerCount) }

  /// A JSON object that describes the model; its arithmetic does not depend on it.
  public var metadata: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(
      start: bytes.baseAddress! + Int(layout.header.metadataOffset), count: Int(layout.header.metadataByteCount))
  }

  /// Bytes of the arena for so many images at once and so many workers; nil if that is more than memory can be.
  public func arenaByteCount(images: Int = 1, workers: Int = 1) -> Int? {
    layout.header.arena.byteCount(images: images, workers: workers)
  }
}
