import Foundation

/// What libFuzzer calls with every input: one of the parsers, chosen by `FUZZ_TARGET`.
///
/// A parser may refuse an input only by throwing; everything else, and whatever the sanitizers see, is
/// a finding.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  // What is thrown is refused, as it should be.
  try? chosen.run(Data(bytes: bytes, count: count))
  return 0
}

private let chosen: FuzzTarget = {
  let name = ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? ""
  guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
    let names = FuzzTarget.all.map(\.name).joined(separator: " ")
    FileHandle.standardError.write(Data("FUZZ_TARGET must be one of: \(names)\n".utf8))
    exit(64)
  }
  return target
}()

/// A parser of what may come from strangers.
struct FuzzTarget: Sendable {
  let name: String
  let run: @Sendable (Data) throws -> Void

  static let all = files + folders + [checkpoint]
}

/// A folder in memory, this process's own.
let scratch: String = {
  let path = "/dev/shm/tickets-fuzz-\(getpid())"
  mkdir(path, 0o700)
  atexit { try? FileManager.default.removeItem(atPath: "/dev/shm/tickets-fuzz-\(getpid())") }
  return path
}()

/// Puts `data` into the file `name` of the scratch folder and returns its path.
func file(_ name: String, _ data: Data) -> String {
  let path = "\(scratch)/\(name)"
  let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
  data.withUnsafeBytes { _ = write(file, $0.baseAddress, $0.count) }
  close(file)
  return path
}
