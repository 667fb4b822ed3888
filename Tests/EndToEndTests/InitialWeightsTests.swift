import Basics
import Foundation
import TestSupport
import Testing

/// Runs that start from the weights of a file.
@Suite(.timeLimit(.minutes(10))) struct InitialWeightsTests {
  private let sample: Sample, scratch: Scratch, out: String

  init() throws { (sample, scratch, out) = try Sample.beside() }

  /// θ⁰ of the sample as another program might have changed it: `change` gets every tensor.
  private func file(
    _ name: String, _ change: (SafeTensors.Entry, [Float]) -> [(String, [Int], [Float])]
  ) throws -> String {
    let theta0 = try SafeTensors(contentsOf: "\(sample.run)/theta0.safetensors")
    let tensors = try theta0.tensors.flatMap { change($0, try theta0.floats($0.name)) }
    try SafeTensors.write(
      tensors.map { SafeTensors.Tensor($0.0, shape: $0.1, floats: $0.2) }, to: scratch.path(name))
    return scratch.path(name)
  }

  private func run(_ command: String, _ options: [String]) throws -> Outcome {
    try tickets(
      [command, "--out", out, "--jobs", "1"] + Sample.size + sample.data
        + ["--sharing", "sparse"] + options)
  }

  @Test(arguments: ["warmup", "init"]) func becomeTheta0(rewind: String) throws {
    let weights = try file("w.safetensors") { tensor, values in
      [(tensor.name, tensor.shape, tensor.name.hasPrefix("lstm.") ? values.map { -$0 } : values)]
    }
    let options = [
      "--weights", weights, "--rewind", rewind, "--warmup-epochs", rewind == "init" ? "1" : "0",
    ]
    let outcome = try run("run", options)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let (given, found) = (
      try SafeTensors(contentsOf: weights), try SafeTensors(contentsOf: "\(out)/theta0.safetensors")
    )
    #expect(Set(given.tensors.map(\.name)) == Set(found.tensors.map(\.name)))
    for tensor in given.tensors {
      #expect(try given.floats(tensor.name) == found.floats(tensor.name), "\(tensor.name)")
    }
    // The file is one of those that the run is made from.
    _ = try file("w.safetensors") { [($0.name, $0.shape, $1)] }
    let changed = try run("run", options)
    #expect(changed.code == 65 && changed.errors.contains("w.safetensors"), "\(changed.errors)")
  }

  @Test func whatDoesNotFit() throws {
    func expect(_ message: String, _ weights: String) throws {
      try? FileManager.default.removeItem(atPath: out)
      let outcome = try run("warmup", ["--weights", weights])
      #expect(
        outcome.code == 65 && outcome.errors.contains(message), "\(outcome.code) \(outcome.errors)")
    }
    try expect(
      "has no tensor words.weight",
      file("a.safetensors") { $0.name == "words.weight" ? [] : [($0.name, $0.shape, $1)] })
    try expect(
      "tensor words.weight has shape",
      file("b.safetensors") { tensor, values in
        [(tensor.name, tensor.name == "words.weight" ? [values.count, 1] : tensor.shape, values)]
      })
    try expect(
      "has the tensor more, which the network has not",
      file("c.safetensors") { tensor, values in
        [(tensor.name, tensor.shape, values)]
          + (tensor.name == "words.weight" ? [("more", [1], [0])] : [])
      })
    try? FileManager.default.removeItem(atPath: out)
    let both = try run("warmup", ["--weights", "x", "--embeddings", "y"])
    #expect(both.code == 64 && both.errors.contains("leave out --embeddings"), "\(both.errors)")
  }
}
