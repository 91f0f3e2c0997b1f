/// What is asked of a layer of any kind. Sizes are those of a valid record, unless a comment says otherwise.
protocol LayerDefinition {
  /// A short name, for tables.
  static var name: StaticString { get }
  /// What layers of the kind read.
  static var input: LayerInput { get }

  /// A layer of the kind. The record may say anything.
  init(_ record: LayerRecord)

  /// Refuses kernels, strides and paddings. `index` is for the error.
  func checkParameters(_ index: Int) throws(ThimbleError)
  /// The output of a layer whose parameters are valid. A side below 1 is 0.
  var impliedOutput: MapShape { get }

  /// Groups of 4 inputs that the kernel reads.
  var inputGroups: UInt64 { get }
  /// Groups of 4 inputs that share a scale of int4 weights.
  var scaleSteps: UInt64 { get }
  /// Output positions that have weights of their own.
  var weightPositions: UInt64 { get }
  /// Rows of weights, all inputs x 16 outputs, of a position and a block of outputs.
  var taps: UInt64 { get }
  /// The number of a row of weights in the order of the file.
  func weightRow(position: Int, tap: (y: Int, x: Int), block: Int) -> Int
  /// Calls `body` with the number of each row of weights of the last block of outputs, below `count`, until it says true.
  func anyRow(ofLastBlock count: Int, _ body: (Int) -> Bool) -> Bool

  /// Bytes of the input in the arena.
  var inputByteCount: UInt64 { get }
  /// Zeros that the kernel reads for positions outside of the input.
  var zerosByteCount: UInt64 { get }
  /// Which rows of the input which rows of the output need.
  var rows: LayerRows { get }
  /// Bytes of weights that some output rows read.
  func weightByteCount(rows: Range<Int>) -> UInt64
  /// Multiply-accumulates an image, as the field counts them.
  var multiplyAccumulates: Double { get }

  /// Computes the rows of a call, which were checked when the model was loaded.
  static func run(_ call: LayerCall, _ parallelFor: ParallelFor)
}
