// swift-tools-version: 6.1

import PackageDescription

// The C inner loops are hot in every configuration, so they are optimised even in debug builds.
// They need every register: a frame pointer makes the compiler spill sums in the innermost loop.
// `Tools/test --sanitize` has them stop at undefined behaviour: the Swift compiler knows no such option.
let kernelSettings: [CSetting] = [
  .unsafeFlags(
    ["-O3", "-fno-math-errno", "-Xclang", "-mframe-pointer=none"]
      + (Context.environment["TICKETS_SANITIZE"] == nil
        ? [] : ["-fsanitize=undefined,float-cast-overflow", "-fsanitize-trap=all"]))
]

// Finding and relocating the dynamic Foundation takes half of the time in which a short command is
// done. Its static archives name what they need only where everything is compiled against them.
let staticFoundation =
  ["-static-stdlib", "-Xclang-linker", "-no-pie"]
  + [
    "Foundation", "CoreFoundation", "FoundationInternationalization", "_FoundationICU",
    "FoundationEssentials", "_FoundationCShims", "_FoundationCollections",
  ].map { "-l" + $0 }

func library(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .target(name: name, dependencies: dependencies, exclude: ["README.md"] + exclude)
}

func tests(
  _ name: String, _ dependencies: [Target.Dependency], fixtures: Bool = false,
  optimized: Bool = true
) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: dependencies,
    resources: fixtures ? [.copy("Fixtures")] : [],
    swiftSettings: optimized ? [] : [.unsafeFlags(["-Onone"])])
}

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "tickets",
  products: [
    .executable(name: "tickets", targets: ["tickets"])
  ]
    // What others may build on, each with what it needs; by path only, because of the flags above.
    + [
      "Basics", "Figures", "Masks", "Tensors", "Batches", "Layers", "Corpora", "Conversion",
      "Scoring", "Sharing", "Training", "Pruning", "Recipes", "Runs", "Reports", "Comparisons",
    ].map { .library(name: $0, targets: [$0]) },
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    .package(
      url: "https://github.com/apple/swift-protobuf", exact: "1.39.0", traits: []),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
  ],
  targets: [
    // System libraries and C kernels.
    .systemLibrary(name: "COpenBLAS", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
    .target(name: "CKernels", exclude: ["README.md"], cSettings: kernelSettings),

    // Libraries, bottom-up: each imports only what stands above it.
    library("Basics", ["CZlib", "CZstd", crypto]),
    library("Figures", []),
    library("EventFiles", ["Basics", protobuf], exclude: ["Event.proto"]),
    library("Masks", ["CZstd", "Basics", "Figures"]),
    library("Tensors", ["COpenBLAS", "CKernels", "Masks"]),
    library("Batches", []),
    library("Layers", ["CKernels", "Basics", "Masks", "Tensors", "Batches"]),
    library("Corpora", ["Basics", "Batches"]),
    library("Conversion", ["Basics", "Corpora"]),
    library("Scoring", ["Basics", "Batches", "Corpora"]),
    library("Sharing", ["CKernels", "Basics", "Masks", "Tensors", "Batches", "Layers"]),
    library(
      "Training",
      [
        "CKernels", "Basics", "Masks", "Tensors", "Batches", "Corpora", "Scoring", "Sharing",
      ]),
    library("Pruning", ["Basics", "Masks", "Tensors", "Sharing", "Training"]),
    library(
      "Recipes",
      [
        "Basics", "Figures", "Tensors", "Layers", "Corpora", "Sharing", "Training", "Pruning",
        yams,
      ]),
    library(
      "Runs",
      [
        "Basics", "Figures", "EventFiles", "Masks", "Tensors", "Corpora", "Scoring", "Sharing",
        "Training", "Pruning", "Recipes",
      ]),
    library(
      "Reports",
      [
        "Basics", "Figures", "Masks", "Tensors", "Batches", "Corpora", "Scoring", "Sharing",
        "Training", "Pruning", "Recipes", "Runs",
      ]),
    library(
      "Comparisons",
      [
        "Basics", "Figures", "Masks", "Tensors", "Corpora", "Scoring", "Sharing", "Training",
        "Recipes", "Runs", "Reports",
      ]),
    library(
      "Jobs",
      ["Basics", "Figures", "Sharing", "Recipes", "Runs", "Reports", "Comparisons"]),
    library(
      "Benchmarks",
      [
        "CKernels", "Basics", "Figures", "Masks", "Tensors", "Batches", "Layers", "Corpora",
        "Scoring", "Sharing", "Training", "Recipes", "Runs",
      ]),

    // The command line.
    .executableTarget(
      name: "tickets",
      dependencies: [
        "Basics", "Figures", "Masks", "Corpora", "Conversion", "Sharing", "Recipes", "Runs",
        "Reports", "Comparisons", "Jobs", "Benchmarks", arguments,
      ],
      exclude: ["README.md"],
      linkerSettings: [.unsafeFlags(staticFoundation, .when(platforms: [.linux]))]),

    // Tests, one target a module, and what they share.
    .target(
      name: "TestSupport", dependencies: ["Basics", "Recipes"], path: "Tests/TestSupport"),
    tests("Basics", ["Basics"]),
    tests("Figures", ["Basics", "Figures"]),
    tests("EventFiles", ["Basics", "EventFiles", "TestSupport"], fixtures: true),
    tests("Masks", ["Basics", "Masks"]),
    tests("Tensors", ["CKernels", "Basics", "Masks", "Tensors"]),
    tests("Batches", ["Batches"]),
    tests(
      "Layers", ["CKernels", "Basics", "Masks", "Tensors", "Batches", "Layers"], fixtures: true),
    tests("Corpora", ["Basics", "Batches", "Corpora", "TestSupport"]),
    tests("Conversion", ["Basics", "Corpora", "Conversion", "TestSupport"]),
    tests("Scoring", ["Basics", "Batches", "Corpora", "Scoring", "TestSupport"], fixtures: true),
    tests(
      "Sharing", ["Basics", "Masks", "Tensors", "Batches", "Layers", "Sharing"], fixtures: true),
    tests(
      "Training",
      ["Basics", "Masks", "Tensors", "Batches", "Layers", "Corpora", "Sharing", "Training"],
      fixtures: true),
    tests(
      "Pruning", ["Basics", "Masks", "Tensors", "Batches", "Sharing", "Training", "Pruning"],
      fixtures: true),
    tests("Recipes", ["Basics", "Recipes", "TestSupport"]),
    tests(
      "Runs",
      [
        "Basics", "Masks", "Corpora", "Sharing", "Training", "Pruning", "Recipes", "Runs",
        "TestSupport",
      ]),
    tests(
      "Reports",
      ["Basics", "Batches", "Tensors", "Sharing", "Training", "Runs", "Reports", "TestSupport"],
      fixtures: true),
    tests(
      "Comparisons",
      ["Basics", "Figures", "Sharing", "Recipes", "Runs", "Comparisons", "TestSupport"]),
    tests("Jobs", ["Basics", "Recipes", "Runs", "Jobs", "TestSupport"]),
    tests(
      "Benchmarks", ["CKernels", "Basics", "Corpora", "Masks", "Sharing", "Tensors", "Benchmarks"]),
    // These run the tool that is built with them. It is no dependency: its static libraries would
    // have to be linked into the tests too. Optimising what only waits for it would take minutes.
    tests(
      "EndToEnd",
      ["Basics", "Corpora", "Scoring", "Masks", "Recipes", "Runs", "Reports", "TestSupport"],
      optimized: false),
  ]
)

// What `Tools/fuzz` builds, with coverage and sanitizers in everything.
if Context.environment["TICKETS_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "Basics", "Masks", "Corpora", "Sharing", "Training", "Recipes", "Runs", "Reports",
        "Comparisons",
      ], path: "Tests/Fuzzing", exclude: ["Seeds", "Findings", "make_seeds"],
      swiftSettings: [.unsafeFlags(["-parse-as-library"])]))
}
