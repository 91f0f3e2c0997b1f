import ThimbleNetworks

extension AdversarialNetworks {
  /// Bytes that are needed beside the workspace when a run ends: a copy of the generator while its statistics are frozen, and then
  /// weights and moments in a checkpoint's order, with the order of one tensor (8 bytes an entry).
  package var byteCountAtEnd: Int {
    let order = 8 * ((generator.parameters + discriminator.parameters).map(\.count).max() ?? 0)
    return max(generator.freezingByteCount, 3 * 4 * (generator.parameterCount + discriminator.parameterCount) + order)
  }
}
