/// Height, width and channels of a map.
@frozen public struct MapShape: Equatable, Sendable {
  /// Height, width and channels.
  public var height: UInt32, width: UInt32, channels: UInt32

  /// A shape of these sides and channels.
  public init(height: UInt32, width: UInt32, channels: UInt32) {
    (self.height, self.width, self.channels) = (height, width, channels)
  }

  /// height x width.
  package var positions: UInt64 { UInt64(height) * UInt64(width) }
  /// Blocks of 16 channels: what a kernel computes at once.
  package var blocks: UInt64 { (UInt64(channels) + 15) / 16 }
  /// Bytes of one position in the arena: the channels, rounded up to 16.
  package var positionStride: UInt64 { blocks * 16 }
  /// Bytes of the map in the arena, rounded up to 64.
  package var byteCount: UInt64 { roundedUp(positions * positionStride, 64) }
}

/// n rounded up to a multiple.
func roundedUp(_ n: UInt64, _ multiple: UInt64) -> UInt64 { (n + multiple - 1) / multiple * multiple }
