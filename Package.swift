// swift-tools-version: 6.1
import PackageDescription

/// The kernels are one set of sources, compiled once for each instruction set: `ThimbleKernels` for the baseline, the others
/// hold nothing but links to its files. Unchecked, since their callers have proved all sizes; without cross-module
/// optimisation, so that no code compiled for a newer set can move into a module for an older one.
func kernels(_ name: String, _ clangFlags: [String] = [], defines: [String] = [], path: String? = nil) -> Target {
  .target(
    name: name,
    dependencies: ["ThimbleIntrinsics", "ThimbleKernelTypes"],
    path: path,
    swiftSettings: [
      .unsafeFlags(["-Ounchecked", "-disable-cmo"] + clangFlags.flatMap { ["-Xcc", $0] })
    ] + defines.map { .define($0) })
}

#if arch(x86_64)
  // The older sets have no float kernels of their own: training takes those of the next older set that has.
  let newerSets = [
    kernels("ThimbleKernelsV2", ["-march=x86-64-v2"]),
    kernels("ThimbleKernelsV3", ["-march=x86-64-v3"], defines: ["THIMBLE_AVX2"]),
    kernels("ThimbleKernelsV3VNNI", ["-march=x86-64-v3", "-mavxvnni"], defines: ["THIMBLE_AVXVNNI"]),
    kernels("ThimbleKernelsV4VNNI", ["-march=x86-64-v4", "-mavx512vnni"], defines: ["THIMBLE_AVX512"]),
  ]
  // For tests alone: AVX-VNNI's kernels in the encoding of AVX-512 VNNI, for processors that have that one only.
  let twins = [
    kernels(
      "ThimbleKernelsV3VNNITwin", ["-march=x86-64-v4", "-mavx512vnni", "-DTHIMBLE_AT_MOST_256"],
      defines: ["THIMBLE_AVXVNNI"], path: "Tests/ThimbleKernelsV3VNNITwin")
  ]
#elseif arch(arm64)
  let newerSets = [
    kernels(
      "ThimbleKernelsNEON", ["-DTHIMBLE_NEON"], defines: ["THIMBLE_NEON", "THIMBLE_SIGNED_INPUTS"]),
    kernels(
      "ThimbleKernelsDotProd", ["-DTHIMBLE_NEON", "-march=armv8.2-a+dotprod"],
      defines: ["THIMBLE_DOTPROD", "THIMBLE_SIGNED_INPUTS"]),
  ]
  let twins: [Target] = []
#else
  let newerSets: [Target] = []
  let twins: [Target] = []
#endif

let kernelModules = ["ThimbleIntrinsics", "ThimbleKernelTypes", "ThimbleKernels"] + newerSets.map(\.name)

/// Each of our dependencies by name; a list keeps the targets below to one line each.
func names(_ modules: [String]) -> [Target.Dependency] { modules.map { .byName(name: $0) } }

let package = Package(
  name: "thimble",
  products: [
    .library(name: "Thimble", targets: ["Thimble"]),
    .executable(name: "thimble", targets: ["ThimbleCommand"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    .target(name: "ThimbleIntrinsics"),
    .target(name: "ThimbleKernelTypes", swiftSettings: [.unsafeFlags(["-Ounchecked"])]),
    kernels("ThimbleKernels"),
    // Fused multiply-add, square root and rounding are calls to libm where the instruction set lacks them.
    .target(
      name: "Thimble", dependencies: names(kernelModules), exclude: ["Format/FORMAT.md"],
      linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),

    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"])]),
    .target(
      name: "ThimbleCodecs", dependencies: ["CPNG", "CJPEG"],
      linkerSettings: [.linkedLibrary("png"), .linkedLibrary("jpeg")]),

    .target(name: "ThimbleSampling"),
    .target(name: "ThimbleStorage", dependencies: ["Thimble"]),
    .target(
      name: "ThimbleData", dependencies: ["Thimble", "ThimbleStorage", "ThimbleSampling", "ThimbleCodecs", "CZlib"]),
    .target(name: "ThimbleThreadIntrinsics"),
    .target(name: "ThimbleThreads", dependencies: ["Thimble", "ThimbleThreadIntrinsics"]),
    .target(
      name: "ThimbleNetworks", dependencies: names(["Thimble", "ThimbleStorage", "ThimbleThreads"] + kernelModules)),
    .target(
      name: "ThimbleMeasures",
      dependencies: ["Thimble", "ThimbleStorage", "ThimbleData", "ThimbleNetworks", "ThimbleThreads"]),
    .target(
      name: "ThimbleTraining",
      dependencies: [
        "Thimble", "ThimbleKernels", "ThimbleStorage", "ThimbleData", "ThimbleNetworks", "ThimbleMeasures",
        "ThimbleThreads",
      ]),
    .target(
      name: "ThimbleQuantization", dependencies: ["Thimble", "ThimbleStorage", "ThimbleNetworks", "ThimbleThreads"],
      exclude: ["QUALITY.md"]),
    // Debian has no pkg-config file for it.
    .systemLibrary(name: "CLinear", providers: [.apt(["liblinear-dev"])]),
    .target(
      name: "ThimbleFeatures",
      dependencies: [
        "Thimble", "ThimbleStorage", "ThimbleData", "ThimbleNetworks", "ThimbleMeasures", "ThimbleThreads", "CLinear",
      ]),
    .target(
      name: "ThimbleStudies",
      dependencies: [
        "Thimble", "ThimbleStorage", "ThimbleSampling", "ThimbleData", "ThimbleNetworks", "ThimbleMeasures",
        "ThimbleThreads",
      ]),
    .executableTarget(
      name: "ThimbleCommand",
      dependencies: [
        "Thimble", "ThimbleStorage", "ThimbleSampling", "ThimbleData", "ThimbleNetworks", "ThimbleTraining",
        "ThimbleQuantization", "ThimbleMeasures", "ThimbleStudies", "ThimbleFeatures", "ThimbleThreads",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "tools/thimble"),

    .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
    .executableTarget(name: "ModelMutants", dependencies: ["Thimble"], path: "Tests/ModelMutants"),
    .executableTarget(name: "MemoryProbe", dependencies: ["Thimble"], path: "Tests/MemoryProbe"),
    .target(
      name: "KernelLattice", dependencies: names(["Thimble"] + kernelModules + twins.map(\.name)),
      path: "Tests/KernelLattice"),
    .executableTarget(name: "KernelProbe", dependencies: ["KernelLattice"], path: "Tests/KernelProbe"),
    .testTarget(
      name: "ThimbleTests",
      dependencies: names(["Thimble", "AllocationCounter", "KernelLattice", "ThimbleQuantization"] + kernelModules)),
    .testTarget(name: "ThimbleStorageTests", dependencies: ["ThimbleStorage"]),
    .testTarget(name: "ThimbleDataTests", dependencies: ["ThimbleData", "ThimbleStorage"]),
    .testTarget(
      name: "ThimbleNetworksTests",
      dependencies: names(["ThimbleNetworks", "ThimbleStorage", "ThimbleThreads", "Thimble"] + kernelModules)),
    .testTarget(
      name: "ThimbleThreadsTests", dependencies: ["ThimbleThreads", "Thimble", "AllocationCounter"]),
    .testTarget(
      name: "ThimbleTrainingTests",
      dependencies: [
        "ThimbleTraining", "ThimbleMeasures", "ThimbleNetworks", "ThimbleData", "ThimbleStorage", "ThimbleThreads",
        "Thimble",
      ]),
    .testTarget(
      name: "ThimbleMeasuresTests",
      dependencies: [
        "ThimbleMeasures", "ThimbleNetworks", "ThimbleData", "ThimbleStorage", "ThimbleThreads", "Thimble",
      ]),
    .testTarget(
      name: "ThimbleStudiesTests",
      dependencies: [
        "ThimbleStudies", "ThimbleMeasures", "ThimbleNetworks", "ThimbleData", "ThimbleStorage", "ThimbleThreads",
        "Thimble",
      ]),
    .testTarget(
      name: "ThimbleFeaturesTests",
      dependencies: ["ThimbleFeatures", "ThimbleNetworks", "ThimbleData", "ThimbleStorage", "ThimbleThreads"]),
    .testTarget(
      name: "ThimbleQuantizationTests",
      dependencies: ["ThimbleQuantization", "ThimbleNetworks", "ThimbleStorage", "ThimbleThreads", "Thimble"]),
    .testTarget(name: "CommandTests", dependencies: ["ThimbleStorage", "ThimbleData", "Thimble"]),
  ] + newerSets + twins,
  swiftLanguageModes: [.v6]
)
