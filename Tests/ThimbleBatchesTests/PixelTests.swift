import Testing
import ThimbleBatches

@Suite struct PixelTests {
  /// Catches: a byte that does not come back from the number that it stands for, or numbers outside of [-1, 1].
  @Test func everyByteComesBack() {
    for byte in UInt8.min...UInt8.max {
      let value = Pixel.value(byte)
      #expect(value == Float(byte) / 127.5 - 1 && abs(value) <= 1)
      #expect(Pixel.wideValue(byte) == Double(byte) / 127.5 - 1)
      #expect(Pixel.byte(value) == byte)
      #expect(Pixel.tableByte(Pixel.wideValue(byte)) == byte)
      #expect(Pixel.centred(byte) == Float(byte) - 127.5)
    }
  }

  /// Catches: one rounding taken for another. 0 lies in the middle between 127 and 128.
  @Test func halves() {
    #expect(Pixel.level(0) == 127.5)
    #expect(Pixel.byte(0) == 128 && Pixel.byte(-2 / 255 * 63.5) == 64)
    #expect(Pixel.tableByte(0) == 128)
    #expect(Pixel.strengthByte(0) == 128 && Pixel.strengthByte(-1) == 0 && Pixel.strengthByte(1) == 255)
    #expect(Pixel.byte(7) == 255 && Pixel.byte(-7) == 0)
  }
}
