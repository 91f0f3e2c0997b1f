/// What became of the pictures.
struct FilledSet {
  /// The numbers of those in the set.
  var kept: [Int] = []
  var bad: [LeftOut] = []
  var (cropped, enlarged, firstFrames) = (0, 0, 0)
  /// Pictures of one colour, and pictures that equal the first one, which is kept.
  var (plain, likeFirst) = (0, 0)
  var first: [UInt8] = []
  var brightest: UInt8 = 0

  var notes: [String] {
    func note(_ count: Int, _ one: String, _ many: String) -> String? {
      count == 0 ? nil : count == 1 ? "1 picture \(one)" : "\(count) pictures \(many)"
    }
    return [
      note(cropped, "is not square: its middle was taken", "are not square: their middle was taken"),
      note(enlarged, "is smaller than this and was enlarged", "are smaller than this and were enlarged"),
      note(plain, "is of one colour all over", "are of one colour all over"),
      kept.count > 1 && likeFirst == kept.count ? "all pictures are equal" : nil,
      brightest < 32 && !kept.isEmpty
        ? "no pixel is brighter than \(brightest) of 255: numbers of few bits may have been stored in larger ones"
        : nil,
      note(firstFrames, "is an animation: its first frame was taken", "are animations: their first frame was taken"),
    ].compactMap { $0 }
  }

  /// - Parameter image: u8. Shape: [height, width, channels].
  mutating func look(at image: UnsafeRawBufferPointer, channels: Int) {
    var (most, isPlain) = (brightest, true)
    for index in image.indices {
      let value = unsafe image[index]
      most = max(most, value)
      isPlain = unsafe isPlain && value == image[index % channels]
    }
    brightest = most
    plain += isPlain ? 1 : 0
    if kept.isEmpty { first = unsafe Array(image) }
    likeFirst += unsafe first.elementsEqual(image) ? 1 : 0
  }
}
