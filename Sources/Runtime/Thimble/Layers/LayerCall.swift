import ThimbleKernelInterface

/// A call of a layer's kernel, for any kind of layer: what to compute, and where numbers and maps lie. All of it was checked
/// when the model was loaded.
@safe struct LayerCall {
  /// The layer.
  let record: LayerRecord
  /// Whose kernel it is.
  let instructionSet: InstructionSet
  /// The first byte of the file.
  let file: UnsafeRawPointer
  /// Zeros, read for positions outside of a map.
  let zeros: UnsafeMutablePointer<UInt8>
  /// The output rows to compute.
  var rows: Range<Int>
  /// How many images.
  let images: Int
  /// The input of the first image: where row 0 would lie, if it is held in part.
  var input: UnsafeMutablePointer<UInt8>
  /// The output of the first image, likewise.
  var output: UnsafeMutablePointer<UInt8>
  /// Bytes from one image's input to the next one's.
  let inputImageStride: Int
  /// Bytes from one image's output to the next one's.
  var outputImageStride: Int
  /// The output table, for the layer that writes the image; else nil.
  var table: UnsafePointer<UInt8>?

  /// Whether the layer's weights are int4.
  var hasInt4Weights: Bool { record.weightEncoding == .int4 }

  /// Numbers in the file.
  func inFile<Number>(_ offset: UInt64) -> UnsafePointer<Number> {
    unsafe (file + Int(offset)).assumingMemoryBound(to: Number.self)
  }
}
