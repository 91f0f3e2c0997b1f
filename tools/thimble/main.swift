import Foundation
import ThimbleKernelTypes
import ThimbleNetworks
import ThimbleTraining
let args = CommandLine.arguments
var recipe = Recipe(geometry: .common, size: Int(args[1])!, channels: args[1] == "28" ? 1 : 3)
let n = AdversarialNetworks(recipe, workers: Workers(count: Int(args[2])!), kernels: FloatKernels(args[3] == "v3" ? .v3 : .v4vnni))
print(recipe.generatorWidths, n.workspace.byteCount / 1_000_000, "MB")
n.initialize()
let real = (0..<(recipe.batchSize * recipe.size * recipe.size * recipe.channels)).map { Float($0 % 251) / 125 - 1 }
let z = (0..<(recipe.batchSize * 100)).map { Float($0 % 97) / 48 - 1 }
let clock = ContinuousClock()
_ = n.apply(step: 0, real: real, latents: z)
for _ in 0..<3 {
let steps = 3
let t = clock.measure { for s in 0..<steps { _ = n.apply(step: s, real: real, latents: z) } }
print(Double(steps * recipe.batchSize) / (Double(t.components.attoseconds) * 1e-18 + Double(t.components.seconds)), "images/s")
}
