// swift-tools-version: 6.1

import PackageDescription

// In a package of one's own: the path of a checkout of tickets. A version would not do: its C kernels
// are compiled with flags that the package manager accepts of local packages only.
let package = Package(
  name: "example",
  dependencies: [.package(name: "tickets", path: "../..")],
  targets: [
    .executableTarget(
      name: "example",
      dependencies: ["Basics", "Corpora", "Masks", "Pruning", "Sharing", "Tensors", "Training"].map
      {
        .product(name: $0, package: "tickets")
      })
  ]
)
