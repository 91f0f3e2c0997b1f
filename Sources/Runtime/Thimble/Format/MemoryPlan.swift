/// Which plan of the memory a model runs by. Pixels do not depend on it.
package enum MemoryPlan: Sendable {
  /// That of the file.
  case ofFile
  /// Every layer whole, no two neighbouring maps in the same place: for whoever runs single layers and looks at their maps.
  case wholeLayers
}
