// swift-tools-version: 6.2
import PackageDescription

// Where targets lie. A folder of `Sources` imports only from those above it in this list, and from `System`.
let runtime = "Sources/Runtime/"
let workstation = "Sources/Workstation/"
let commands = "Sources/Commands/"
let system = "Sources/System/"
let checks = "Checks/"

/// The kernels are one set of sources, compiled once for each instruction set: `ThimbleKernels` for the baseline, the others
/// hold nothing but links to its files. Unchecked, since their callers have proved all sizes; without cross-module
/// optimisation, so that no code compiled for a newer set can move into a module for an older one.
func kernels(_ name: String, _ clangFlags: [String] = [], defines: [String] = [], in folder: String = runtime) -> Target
{
  .target(
    name: name,
    dependencies: ["ThimbleIntrinsics", "ThimbleKernelInterface"],
    path: folder + name,
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
      defines: ["THIMBLE_AVXVNNI"], in: checks)
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

let kernelModules = ["ThimbleIntrinsics", "ThimbleKernelInterface", "ThimbleKernels"] + newerSets.map(\.name)

/// Each of our dependencies by name; a list keeps the targets below to one line each.
func names(_ modules: [String]) -> [Target.Dependency] { modules.map { .byName(name: $0) } }

/// A module in a folder of its own name.
func module(
  _ name: String, in folder: String, uses dependencies: [String] = [], linked libraries: [String] = []
) -> Target {
  .target(
    name: name, dependencies: names(dependencies), path: folder + name,
    linkerSettings: libraries.map { .linkedLibrary($0, .when(platforms: [.linux])) })
}

/// A C library of the system, by the Debian package that has it.
func library(_ name: String, pkgConfig: String? = nil, debian package: String) -> Target {
  .systemLibrary(name: name, path: system + name, pkgConfig: pkgConfig, providers: [.apt([package])])
}

let package = Package(
  name: "thimble",
  products: [
    .library(name: "Thimble", targets: ["Thimble"]),
    .library(name: "CThimble", targets: ["CThimble", "ThimbleC"]),
    .executable(name: "thimble", targets: ["ThimbleCommand"]),
    .executable(name: "thimble-sample", targets: ["ThimbleSample"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    // The runtime.
    module("ThimbleIntrinsics", in: runtime),
    .target(
      name: "ThimbleKernelInterface", path: runtime + "ThimbleKernelInterface",
      swiftSettings: [.unsafeFlags(["-Ounchecked"])]),
    kernels("ThimbleKernels"),
    // Fused multiply-add, square root and rounding are calls to libm where the instruction set lacks them.
    module("Thimble", in: runtime, uses: kernelModules, linked: ["m"]),
    module("ThimbleFreestanding", in: runtime, uses: ["ThimbleIntrinsics"]),
    module("CThimble", in: runtime, uses: ["ThimbleIntrinsics", "ThimbleFreestanding"]),
    module("ThimbleC", in: runtime, uses: ["CThimble", "Thimble", "ThimbleIntrinsics", "ThimbleKernelInterface"]),

    // Libraries of the system.
    library("CPNG", pkgConfig: "libpng", debian: "libpng-dev"),
    library("CZlib", pkgConfig: "zlib", debian: "zlib1g-dev"),
    library("CJPEG", pkgConfig: "libjpeg", debian: "libjpeg-dev"),
    // Debian has no pkg-config file for it.
    library("CLinear", debian: "liblinear-dev"),
    module("ThimbleCodecs", in: system, uses: ["CPNG", "CJPEG"], linked: ["png", "jpeg"]),
    module("ThimbleThreadIntrinsics", in: system),

    // What makes a generator.
    module("ThimbleStorage", in: workstation, uses: ["Thimble"]),
    module("ThimbleThreads", in: workstation, uses: ["Thimble", "ThimbleThreadIntrinsics"]),
    module(
      "ThimbleData", in: workstation,
      uses: ["Thimble", "ThimbleStorage", "SamplerSupport", "ThimbleCodecs", "CZlib"]),
    module("ThimbleNetworks", in: workstation, uses: ["Thimble", "ThimbleStorage", "ThimbleThreads"] + kernelModules),
    module(
      "ThimbleStatistics", in: workstation,
      uses: ["Thimble", "ThimbleStorage", "ThimbleData", "ThimbleNetworks", "ThimbleThreads", "CLinear"]),
    module(
      "ThimbleTraining", in: workstation,
      uses: [
        "Thimble", "ThimbleKernels", "ThimbleStorage", "ThimbleData", "ThimbleNetworks", "ThimbleStatistics",
        "ThimbleThreads",
      ]),
    module(
      "ThimbleQuantization", in: workstation, uses: ["Thimble", "ThimbleStorage", "ThimbleNetworks", "ThimbleThreads"]),
    module(
      "ThimbleStudies", in: workstation,
      uses: [
        "Thimble", "ThimbleStorage", "SamplerSupport", "ThimbleData", "ThimbleNetworks", "ThimbleStatistics",
        "ThimbleTraining", "ThimbleThreads",
      ]),

    // What people run.
    module("SamplerSupport", in: commands),
    .executableTarget(
      name: "ThimbleSample", dependencies: ["Thimble", "SamplerSupport", "ThimbleFreestanding"],
      path: commands + "thimble-sample"),
    .executableTarget(
      name: "ThimbleCommand",
      dependencies: [
        "Thimble", "ThimbleStorage", "SamplerSupport", "ThimbleData", "ThimbleNetworks", "ThimbleTraining",
        "ThimbleQuantization", "ThimbleStatistics", "ThimbleStudies", "ThimbleThreads",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: commands + "thimble"),

    // What checks them.
    .executableTarget(name: "ModelMutants", dependencies: ["Thimble"], path: checks + "ModelMutants"),
    .executableTarget(name: "MemoryProbe", dependencies: ["Thimble"], path: checks + "MemoryProbe"),
    module("KernelLattice", in: checks, uses: ["Thimble"] + kernelModules + twins.map(\.name)),
    .executableTarget(name: "KernelProbe", dependencies: ["KernelLattice"], path: checks + "KernelProbe"),
    module("AllocationCounter", in: "Tests/"),
    module(
      "TrainingTestSupport", in: "Tests/",
      uses: ["ThimbleTraining", "ThimbleNetworks", "ThimbleData", "ThimbleStorage", "ThimbleThreads"]),
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
        "TrainingTestSupport", "ThimbleTraining", "ThimbleStatistics", "ThimbleNetworks", "ThimbleData",
        "ThimbleStorage", "ThimbleThreads", "Thimble",
      ]),
    .testTarget(
      name: "ThimbleStatisticsTests",
      dependencies: [
        "ThimbleStatistics", "ThimbleNetworks", "ThimbleData", "ThimbleStorage", "ThimbleThreads", "Thimble",
      ]),
    .testTarget(
      name: "ThimbleStudiesTests",
      dependencies: [
        "TrainingTestSupport", "ThimbleStudies", "ThimbleTraining", "ThimbleStatistics", "ThimbleNetworks",
        "ThimbleData", "ThimbleStorage", "ThimbleThreads", "Thimble",
      ]),
    .testTarget(
      name: "ThimbleQuantizationTests",
      dependencies: ["ThimbleQuantization", "ThimbleNetworks", "ThimbleStorage", "ThimbleThreads", "Thimble"]),
    .testTarget(name: "CommandTests", dependencies: ["ThimbleStorage", "ThimbleData", "Thimble"]),
  ] + newerSets + twins,
  swiftLanguageModes: [.v6]
)
