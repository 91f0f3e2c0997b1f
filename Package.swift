// swift-tools-version: 6.2
import PackageDescription

// Where targets lie. A folder of `Sources` imports only from those above it in this list, and from `System`.
let runtime = "Sources/Runtime/"
let workstation = "Sources/Workstation/"
let commands = "Sources/Commands/"
let system = "Sources/System/"
let checks = "Checks/"

/// The instruction sets, for each architecture from older to newer ones. A row has the architecture, the set's name, the module of its
/// kernels, flags of clang, defines of Swift without THIMBLE_, and a processor that QEMU emulates, if one has the set and nothing newer.
/// `tools/instruction-sets` reads these rows for the other scripts: a row is one line of literals.
///
/// WIDE_REGISTERS: more than four lanes, so that last layers and batches of latents have tiles of their own. SHORT_TILES: a tile for short
/// rows. SIGNED_INPUTS: dot products are of signed bytes.
let instructionSets = [
  ("x86_64", "portable", "ThimbleKernels", "", "", "core2duo"),
  ("x86_64", "v2", "ThimbleKernelsV2", "-march=x86-64-v2", "", "Nehalem"),
  ("x86_64", "v3", "ThimbleKernelsV3", "-march=x86-64-v3", "WIDE_REGISTERS", "Haswell"),
  ("x86_64", "v3vnni", "ThimbleKernelsV3VNNI", "-march=x86-64-v3 -mavxvnni", "WIDE_REGISTERS", ""),
  ("x86_64", "v4vnni", "ThimbleKernelsV4VNNI", "-march=x86-64-v4 -mavx512vnni", "WIDE_REGISTERS SHORT_TILES", ""),
  ("aarch64", "portable", "ThimbleKernels", "", "", "cortex-a53"),
  ("aarch64", "neon", "ThimbleKernelsNEON", "", "SIGNED_INPUTS", "cortex-a53"),
  ("aarch64", "dotprod", "ThimbleKernelsDotProd", "-march=armv8.2-a+dotprod", "SIGNED_INPUTS", "cortex-a76"),
  ("armv7", "portable", "ThimbleKernels", "", "", "cortex-a9"),
  ("armv7", "armv7", "ThimbleKernelsARMv7", "", "SIGNED_INPUTS", "cortex-a9"),
  ("riscv64", "portable", "ThimbleKernels", "", "", "rv64"),
]

/// The kernels are one set of sources, compiled once for each instruction set: `ThimbleKernels` for the baseline; the folders of the
/// others hold links to its files, and the shapes of their tiles. Unchecked, since their callers have proved all sizes; without
/// cross-module optimisation, so that no code compiled for a newer set can move into a module for an older one.
func kernels(_ set: String, module: String, flags: String, defines: String, in folder: String = runtime) -> Target {
  let clangFlags = ["-DTHIMBLE_INSTRUCTION_SET=\(set)"] + flags.split(separator: " ").map(String.init)
  return .target(
    name: module,
    dependencies: ["ThimbleIntrinsics", "ThimbleKernelInterface"],
    path: folder + module,
    swiftSettings: [
      .unsafeFlags(["-Ounchecked", "-disable-cmo"] + clangFlags.flatMap { ["-Xcc", $0] })
    ] + defines.split(separator: " ").map { .define("THIMBLE_\($0)") })
}

// Of other architectures the package builds the baseline alone. Boards have the sets of 32-bit Arm.
#if arch(x86_64)
  let architecture = "x86_64"
  // For tests alone: AVX-VNNI's kernels in the encoding of AVX-512 VNNI, for processors that have that one only.
  let twins = [
    kernels(
      "v3vnni", module: "ThimbleKernelsV3VNNITwin", flags: "-march=x86-64-v4 -mavx512vnni -DTHIMBLE_AT_MOST_256",
      defines: "WIDE_REGISTERS", in: checks)
  ]
#elseif arch(arm64)
  let architecture = "aarch64"
  let twins: [Target] = []
#else
  let architecture = "riscv64"
  let twins: [Target] = []
#endif

let kernelTargets = instructionSets.filter { $0.0 == architecture }.map {
  kernels($0.1, module: $0.2, flags: $0.3, defines: $0.4)
}
let kernelModules = ["ThimbleIntrinsics", "ThimbleKernelInterface"] + kernelTargets.map(\.name)

/// Each of our dependencies by name; a list keeps the targets below to one line each.
func names(_ modules: [String]) -> [Target.Dependency] { modules.map { .byName(name: $0) } }

/// A use of raw memory without `unsafe` is an error. Exempt are the kernels and their interface, which are unchecked on purpose;
/// `thimble-sample`, a program without a C library, where nearly every line would be marked; and what is not shipped: checks and tests.
let strictMemorySafety: [SwiftSetting] = [.strictMemorySafety(), .treatWarning("StrictMemorySafety", as: .error)]

/// A module in a folder of its own name.
func module(
  _ name: String, in folder: String, uses dependencies: [String] = [], linked libraries: [String] = []
) -> Target {
  .target(
    name: name, dependencies: names(dependencies), path: folder + name,
    swiftSettings: folder.hasPrefix("Sources/") ? strictMemorySafety : [],
    linkerSettings: libraries.map { .linkedLibrary($0, .when(platforms: [.linux])) })
}

/// A C library of the system, by the Debian package that has it. Its headers lie where compilers look: with a name for pkg-config,
/// SwiftPM would warn of a library that is missing wherever another package depends on the runtime, which needs none of them.
func library(_ name: String, debian package: String) -> Target {
  .systemLibrary(name: name, path: system + name, providers: [.apt([package])])
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
    // Fused multiply-add, square root and rounding are calls to libm where the instruction set lacks them.
    module("Thimble", in: runtime, uses: kernelModules, linked: ["m"]),
    module("ThimbleFreestanding", in: runtime, uses: ["ThimbleIntrinsics"]),
    module("CThimble", in: runtime, uses: ["ThimbleIntrinsics", "ThimbleFreestanding"]),
    module("ThimbleC", in: runtime, uses: ["CThimble", "Thimble", "ThimbleIntrinsics", "ThimbleKernelInterface"]),
    module("SamplerSupport", in: runtime),

    // Libraries of the system.
    library("CPNG", debian: "libpng-dev"),
    library("CZlib", debian: "zlib1g-dev"),
    library("CJPEG", debian: "libjpeg-dev"),
    library("CGIF", debian: "libgif-dev"),
    library("CWebP", debian: "libwebp-dev"),
    library("CLinear", debian: "liblinear-dev"),
    module(
      "ThimbleCodecs", in: system, uses: ["CPNG", "CJPEG", "CGIF", "CWebP"],
      linked: ["png", "jpeg", "gif", "webp", "webpdemux"]),
    module("ThimbleThreadIntrinsics", in: system),

    // What makes a generator.
    module("ThimbleStorage", in: workstation, uses: ["Thimble"]),
    module("ThimbleBatches", in: workstation, uses: ["Thimble"]),
    module("ThimbleThreads", in: workstation, uses: ["Thimble", "ThimbleThreadIntrinsics"]),
    module(
      "ThimbleData", in: workstation,
      uses: [
        "Thimble", "ThimbleStorage", "ThimbleBatches", "ThimbleThreads", "SamplerSupport", "ThimbleCodecs", "CZlib",
      ]),
    module("ThimbleStateDicts", in: workstation, uses: ["ThimbleStorage"]),
    module(
      "ThimbleNetworks", in: workstation,
      uses: ["Thimble", "ThimbleStorage", "ThimbleStateDicts", "ThimbleBatches", "ThimbleThreads"] + kernelModules),
    module(
      "ThimbleSampling", in: workstation,
      uses: [
        "Thimble", "ThimbleStorage", "ThimbleBatches", "SamplerSupport", "ThimbleData", "ThimbleNetworks",
        "ThimbleThreads",
      ]),
    module("ThimbleBundling", in: workstation, uses: ["Thimble", "ThimbleStorage", "ThimbleNetworks"]),
    module(
      "ThimbleStatistics", in: workstation,
      uses: [
        "Thimble", "ThimbleStorage", "ThimbleBatches", "ThimbleData", "ThimbleNetworks", "ThimbleThreads", "CLinear",
      ]),
    module(
      "ThimbleTraining", in: workstation,
      uses: [
        "Thimble", "ThimbleKernels", "ThimbleKernelInterface", "ThimbleStorage", "ThimbleBatches", "ThimbleData",
        "ThimbleNetworks", "ThimbleStatistics", "ThimbleThreads",
      ]),
    module(
      "ThimbleQuantization", in: workstation,
      uses: [
        "Thimble", "ThimbleKernelInterface", "ThimbleStorage", "ThimbleBatches", "ThimbleNetworks", "ThimbleThreads",
      ]),
    module(
      "ThimbleStudies", in: workstation,
      uses: [
        "Thimble", "ThimbleKernelInterface", "ThimbleStorage", "ThimbleBatches", "SamplerSupport", "ThimbleData",
        "ThimbleNetworks", "ThimbleStatistics", "ThimbleTraining", "ThimbleThreads",
      ]),

    // What people run.
    .executableTarget(
      name: "ThimbleSample",
      dependencies: [
        "Thimble", "SamplerSupport", "ThimbleFreestanding", "ThimbleIntrinsics", "ThimbleKernelInterface",
      ],
      path: commands + "thimble-sample"),
    .executableTarget(
      name: "ThimbleCommand",
      dependencies: [
        "Thimble", "ThimbleStorage", "ThimbleStateDicts", "ThimbleBatches", "SamplerSupport", "ThimbleData",
        "ThimbleNetworks", "ThimbleSampling", "ThimbleBundling", "ThimbleTraining", "ThimbleQuantization",
        "ThimbleStatistics",
        "ThimbleStudies", "ThimbleThreads",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: commands + "thimble", swiftSettings: strictMemorySafety),

    // What checks them.
    .executableTarget(name: "ModelMutants", dependencies: ["Thimble"], path: checks + "ModelMutants"),
    .executableTarget(name: "MemoryProbe", dependencies: ["Thimble"], path: checks + "MemoryProbe"),
    module("KernelLattice", in: checks, uses: ["Thimble"] + kernelModules + twins.map(\.name)),
    .executableTarget(name: "KernelProbe", dependencies: ["KernelLattice"], path: checks + "KernelProbe"),
    // Linked with libFuzzer by tools/fuzz, which brings the main function.
    .target(
      name: "FuzzTargets",
      dependencies: [
        "Thimble", "CThimble", "ThimbleC", "SamplerSupport", "ThimbleStorage", "ThimbleThreads", "ThimbleData",
        "ThimbleNetworks",
        "ThimbleSampling",
      ],
      path: checks + "FuzzTargets", exclude: ["corpus"]),
    module("AllocationCounter", in: "Tests/"),
    module(
      "TrainingTestSupport", in: "Tests/",
      uses: ["ThimbleTraining", "ThimbleNetworks", "ThimbleData", "ThimbleStorage", "ThimbleThreads"]),
    .testTarget(
      name: "ThimbleTests",
      dependencies: names(["Thimble", "AllocationCounter", "KernelLattice", "ThimbleQuantization"] + kernelModules)),
    .testTarget(name: "ThimbleBatchesTests", dependencies: ["ThimbleBatches", "Thimble"]),
    .testTarget(name: "ThimbleStorageTests", dependencies: ["ThimbleStorage"]),
    .testTarget(name: "ThimbleDataTests", dependencies: ["ThimbleData", "ThimbleStorage"]),
    .testTarget(
      name: "ThimbleNetworksTests",
      dependencies: names(
        ["ThimbleNetworks", "ThimbleStateDicts", "ThimbleStorage", "ThimbleThreads", "Thimble"] + kernelModules)),
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
        "ThimbleBatches", "ThimbleData", "ThimbleStorage", "ThimbleThreads", "Thimble",
      ]),
    .testTarget(
      name: "ThimbleQuantizationTests",
      dependencies: ["ThimbleQuantization", "ThimbleNetworks", "ThimbleStorage", "ThimbleThreads", "Thimble"]),
    .testTarget(name: "CommandTests", dependencies: ["ThimbleStorage", "ThimbleData", "Thimble"]),
  ] + kernelTargets + twins,
  swiftLanguageModes: [.v6]
)
