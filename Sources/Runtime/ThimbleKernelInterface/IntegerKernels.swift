/// The runtime's kernels of one instruction set.
@frozen public struct IntegerKernels: Sendable {
  /// One unit of the dense layer.
  public var dense: @Sendable (IntegerDense, Int) -> Void
  /// One unit of a fractionally-strided convolution with ReLU.
  public var fractionallyStridedConvolution: @Sendable (IntegerConvolution, Int) -> Void
  /// One unit of the last layer, through the output table.
  public var outputConvolution: @Sendable (IntegerConvolution, Int) -> Void
  /// Takes bytes into a running CRC-32C.
  public var crc32c: @Sendable (UInt32, UnsafeRawPointer, Int) -> UInt32
  /// Whether one of the bytes is -128.
  public var containsLeastInt8: @Sendable (UnsafeRawPointer, Int) -> Bool
  /// The set's innermost products on registers alone; returns the multiply-accumulates done.
  public var dotProductProbe: @Sendable (Int) -> Int

  /// All of them.
  public init(
    dense: @escaping @Sendable (IntegerDense, Int) -> Void,
    fractionallyStridedConvolution: @escaping @Sendable (IntegerConvolution, Int) -> Void,
    outputConvolution: @escaping @Sendable (IntegerConvolution, Int) -> Void,
    crc32c: @escaping @Sendable (UInt32, UnsafeRawPointer, Int) -> UInt32,
    containsLeastInt8: @escaping @Sendable (UnsafeRawPointer, Int) -> Bool,
    dotProductProbe: @escaping @Sendable (Int) -> Int
  ) {
    (self.dense, self.fractionallyStridedConvolution) = (dense, fractionallyStridedConvolution)
    (self.outputConvolution, self.crc32c) = (outputConvolution, crc32c)
    (self.containsLeastInt8, self.dotProductProbe) = (containsLeastInt8, dotProductProbe)
  }
}
