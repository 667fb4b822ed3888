import Foundation
import Synchronization
import Tensors
import Testing

@Suite struct TapeTests {
  /// y = 2x by an operation of our own.
  private func double(_ x: Variable, _ tape: Tape) -> Variable {
    let y = tape.tensor(x.value.shape)
    for i in 0..<y.count { y.pointer[i] = 2 * x.value.pointer[i] }
    return tape.record(y) { gradient in
      let dx = tape.tensor(x.value.shape)
      for i in 0..<dx.count { dx.pointer[i] = 2 * gradient.pointer[i] }
      tape.add(dx, to: x)
    }
  }

  @Test func gradientsAddUpOverUses() {
    let tape = Tape()
    let x = tape.variable(Tensor([2], [1, 3], in: tape.workspace))
    let y = double(x, tape)
    let z = double(y, tape)
    let sum = tape.tensor([2])
    for i in 0..<2 { sum.pointer[i] = y.value.pointer[i] + z.value.pointer[i] }
    let total = tape.record(sum) { gradient in
      for part in [y, z] { tape.add(Tensor([2], gradient.values, in: tape.workspace), to: part) }
    }
    tape.backward(from: total)
    #expect(x.gradient?.values == [6, 6])
  }

  @Test func evaluationRecordsNothing() {
    let tape = Tape(isRecording: false)
    let x = tape.variable(Tensor([1], [1], in: tape.workspace))
    tape.backward(from: double(x, tape))
    #expect(x.gradient == nil)
  }

  @Test func memoryIsReused() {
    let workspace = Workspace()
    let address = UnsafeMutablePointer(Tensor([100], in: workspace).pointer)
    #expect(Tensor([10, 11], in: workspace).pointer == address)
    #expect(Tensor([300], in: workspace).pointer != address)
    #expect(Int(bitPattern: address) % 64 == 0)
  }

  /// Many threads at once, pieces within pieces, and pauses in which the workers fall asleep.
  @Test func bothRunsEachPieceOnce() throws {
    let sums = try Parallel.map(8, jobs: 8) { index, _ in
      var parts = [0, 0, 0]
      for round in 0..<200 {
        parts.withUnsafeMutableBufferPointer { parts in
          nonisolated(unsafe) let parts = parts
          Parallel.both(
            threads: 2, { parts[0] += round },
            {
              Parallel.both(threads: 2, { parts[1] += index }, { parts[2] += 1 })
            })
        }
        if round % 64 == 63 { usleep(3000) }
      }
      return parts
    }
    #expect(sums == (0..<8).map { [199 * 100, 200 * $0, 200] })
  }

  @Test func mapKeepsOrderAndThrowsTheFirstError() throws {
    struct Wrong: Error, Equatable { let index: Int }
    let squares = try Parallel.map(20, jobs: 2) { index, _ in index * index }
    #expect(squares == (0..<20).map { $0 * $0 })
    let begun = Mutex(0)
    #expect(throws: Wrong(index: 3)) {
      _ = try Parallel.map(1000, jobs: 2) { index, circumstances -> Int in
        if index == 1 {
          // The other thread goes on to the one that fails.
          while !circumstances.isCancelled() {}
          throw Parallel.Cancelled()
        }
        begun.withLock { $0 += 1 }
        if index == 3 { throw Wrong(index: 3) }
        return index
      }
    }
    #expect(begun.withLock { $0 } < 1000)
  }
}
