import Basics
import Foundation
import Runs
import TestSupport
import Testing

/// A run as jobs comes to the bytes of one that one process has done, whoever does which when.
@Suite(.timeLimit(.minutes(10))) struct JobTests {
  private let sample: Sample, scratch: Scratch, out: String, plan: String

  init() throws {
    (sample, scratch, out) = try Sample.beside()
    plan = scratch.path("plan.json")
    let made = try tickets(
      sample.command(out: out, jobs: 1).filter { !["--checkpoint-seconds", "0"].contains($0) }
        + ["--plan", plan, "--quiet"])
    try #require(made.code == 0, "\(made.errors)")
  }

  private func job(_ index: Int, _ more: String...) -> [String] {
    ["jobs", "run", plan, "\(index)", "--quiet", "--checkpoint-seconds", "0"] + more
  }

  private func jobs() throws -> [[String: Any]] {
    let status = try tickets(["jobs", "status", plan, "--json"])
    return try #require(try status.json()["jobs"] as? [[String: Any]])
  }

  private func state(_ name: String) throws -> String? {
    try jobs().first { $0["name"] as? String == name }?["state"] as? String
  }

  @Test func oneAfterTheOther() throws {
    #expect(try differences(out, sample.run).contains("warmup/weights.safetensors"))
    let names = try jobs().map { $0["name"] as? String }
    #expect(
      names == [
        "warmup", "prune pos", "prune chunk", "prune ner", "train sparse", "train hard",
        "train single pos", "train single chunk", "train single ner", "evaluate",
      ])
    // What is needed is not there: again, please.
    let early = try tickets(job(4))
    #expect(early.code == 75 && early.errors.contains("train sparse: needs job 1 (prune pos)"))
    // From the last to the first, as far as they can be done.
    var turns = 0
    while try tickets(["jobs", "status", plan, "--left"]).output != "" {
      for index in names.indices.reversed() {
        #expect([0, 75].contains(try tickets(job(index)).code))
      }
      turns += 1
    }
    #expect(turns == 4)
    #expect(try differences(out, sample.run) == [])
    #expect(try tickets(["jobs", "status", plan]).output.contains("10 of 10 jobs done"))
    let again = try tickets(["jobs", "run", plan, "0", "--chunk", "10", "--quiet"])
    #expect(again.code == 0 && again.errors == "")
    let scores = try [out, sample.run].map { try tickets(["evaluate", $0, "--json"]).output }
    #expect(scores[0] == scores[1])
    #expect(
      try MetricsLog.read("\(out)/metrics").count == MetricsLog.read("\(sample.run)/metrics").count)
  }

  /// Several processes of an allocation, of which some are killed, and then all again.
  @Test func sideBySideWithKills() throws {
    var chance = RandomStream(seed: 1, "jobs")
    for _ in 0..<4 {
      let workers = try (0..<3).map { rank in
        try Running(
          URL(fileURLWithPath: "/usr/bin/env"),
          ["PMI_RANK=\(rank)", "PMI_SIZE=3", tool.path] + [
            "jobs", "run", plan, "--rank", "--quiet",
          ]
            + ["--wait", "0.05", "--checkpoint-seconds", "0"], in: "/", input: nil)
      }
      usleep(UInt32(1e6 * sample.seconds * 0.3 * Double(chance.uniform())))
      for worker in workers { worker.send(SIGKILL) }
      for worker in workers { _ = try worker.end() }
    }
    let workers = try (0..<3).map { rank in
      try Running(
        URL(fileURLWithPath: "/usr/bin/env"),
        ["OMPI_COMM_WORLD_RANK=\(rank)", "OMPI_COMM_WORLD_SIZE=3", tool.path, "jobs", "run", plan]
          + ["--rank", "--quiet", "--wait", "0.05"], in: "/", input: nil)
    }
    for worker in workers {
      let outcome = try worker.end()
      #expect(outcome.code == 0, "\(outcome.errors)")
    }
    #expect(try differences(out, sample.run) == [])
    #expect(try tickets(["status", out]).output.contains(": done"))
  }

  @Test(arguments: [SIGTERM, SIGUSR1]) func aTimeLimitLeavesACheckpoint(signal: Int32) throws {
    let running = try Running(
      ["jobs", "run", plan, "0", "--checkpoint-seconds", "1000"])
    #expect(try running.waits(for: "warm-up epoch 1/2: "))
    running.send(signal)
    let stopped = try running.end()
    // It may have been the last epoch.
    #expect([0, 75].contains(stopped.code) && !stopped.isKilled)
    if stopped.code == 75 {
      #expect(
        stopped.errors.hasSuffix(
          "tickets: warmup: stopped at a checkpoint; run it again to go on\n"))
      #expect(FileManager.default.fileExists(atPath: "\(out)/warmup/checkpoint.safetensors"))
      #expect(try state("warmup") == "ready")
    }
    #expect(try tickets(job(0)).code == 0)
    #expect(
      try Files.read("\(out)/warmup/weights.safetensors")
        == Files.read("\(sample.run)/warmup/weights.safetensors"))
  }

  @Test func oneWorkerAUnit() throws {
    let first = try Running(["jobs", "run", plan, "0", "--checkpoint-seconds", "0"])
    #expect(try first.waits(for: "warm-up epoch 1/2: "))
    first.send(SIGSTOP)
    #expect(try state("warmup") == "running")
    for command in [job(0), job(0, "--take-over"), sample.command(out: out, jobs: 1) + ["--quiet"]]
    {
      let second = try tickets(command)
      #expect(second.code == 75, "\(command)")
      #expect(
        second.errors.contains(" works on warmup; wait for it or stop it"), "\(second.errors)")
    }
    // Where it is dead it is taken over, from many at once by one.
    first.send(SIGKILL)
    _ = try first.end()
    #expect(try state("warmup") == "failed")
    #expect(try tickets(["jobs", "status", plan, "--failed"]).output == "0\n")
    let workers = try (0..<4).map { _ in try Running(job(0)) }
    let codes = try workers.map { try $0.end().code }
    #expect(codes.contains(0) && codes.allSatisfy { [0, 75].contains($0) }, "\(codes)")
    #expect(
      try Files.read("\(out)/warmup/weights.safetensors")
        == Files.read("\(sample.run)/warmup/weights.safetensors"))
  }

  /// Whether a worker elsewhere lives cannot be seen from here.
  @Test func guardsOfOtherMachines() throws {
    try scratch.file(
      "run/guards/warmup.guard",
      #"{"boot":"0","host":"node7","identity":"0","job":"12_3","process":4711,"start":1}"# + "\n")
    let run = try tickets(["status", out])
    #expect(
      run.output.hasPrefix("\(out): at work\n  warmup by process 4711 on node7 (job 12_3)\n"),
      "\(run.output)")
    let workers = try tickets(["status", out, "--json"]).json()["workers"] as? [[String: Any]]
    #expect(workers?.count == 1 && workers?.first?["job"] as? String == "12_3")
    let status = try tickets(["jobs", "status", plan])
    #expect(status.output.contains("0 warmup: running, process 4711 on node7 (job 12_3)\n"))
    let refused = try tickets(job(0))
    #expect(refused.code == 75)
    #expect(
      refused.errors.contains("process 4711 on node7 (job 12_3) works on warmup; if it is dead, "))
    // Another job of the engine tells nothing of it; the same job begun again does.
    for (id, restart, code) in [("4", "1", 75), ("3", "0", 75), ("3", "1", 0)]
      as [(String, String, Int32)]
    {
      let again = try Running(
        URL(fileURLWithPath: "/usr/bin/env"),
        [
          "SLURM_ARRAY_JOB_ID=12", "SLURM_ARRAY_TASK_ID=\(id)", "SLURM_RESTART_COUNT=\(restart)",
          tool.path,
        ] + job(0), in: "/", input: nil)
      #expect(try again.end().code == code)
    }
    try scratch.file(
      "run/guards/prune+pos.guard",
      #"{"boot":"0","host":"node7","identity":"0","process":4711,"start":1}"# + "\n")
    #expect(try tickets(job(1)).code == 75)
    #expect(try tickets(job(1, "--take-over")).code == 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(out)/guards") == [])
    try scratch.file("run/guards/prune+ner.guard", "{}")
    let damaged = try tickets(job(3))
    #expect(
      damaged.code == 65 && damaged.errors.contains("prune+ner.guard: does not say who works"))
  }

  /// A failed job is named until it is begun again.
  @Test func failuresAreNoted() throws {
    let vocabulary = "\(out)/vocabulary.json"
    let before = try Files.read(vocabulary)
    try Files.writeAtomically(Data("{}".utf8), to: vocabulary)
    #expect(try tickets(job(0)).code == 65)
    let status = try tickets(["jobs", "status", plan])
    #expect(
      status.output.contains("0 warmup: failed: \(vocabulary): is damaged"), "\(status.output)")
    #expect(try tickets(["jobs", "status", plan, "--failed"]).output == "0\n")
    try Files.writeAtomically(before, to: vocabulary)
    #expect(try tickets(job(0)).code == 0)
    #expect(try state("warmup") == "done")
  }

  /// A plan may stand in the folder that is planned, and be made anew.
  @Test func comparisonsAreRunsOfJobs() throws {
    func compare(_ out: String, _ more: [String] = []) throws -> Outcome {
      try tickets(
        [
          "compare", "--out", scratch.path(out), "--seeds", "2", "--sharing", "hard,single",
          "--quiet",
        ]
          + Sample.size + sample.data + more)
    }
    let file = scratch.path("jobs/plan.json")
    for _ in 0..<2 {
      let planned = try compare("jobs", ["--plan", file])
      #expect(planned.code == 0, "\(planned.errors)")
      #expect(planned.output.contains("jobs: 0 of 12 jobs done, 0 running, 0 failed, 8 ready"))
    }
    let refused = try compare("jobs", ["--plan", scratch.path("jobs/comparison.json")])
    #expect(
      refused.code == 73 && refused.errors.contains("is there already and is no plan of jobs"))
    // The last ones need others, which are done meanwhile.
    for (chunk, code) in [(2, 75), (0, 0), (1, 0), (2, 0)] as [(Int, Int32)] {
      let done = try tickets(["jobs", "run", file, "\(chunk)", "--chunk", "4", "--quiet"])
      #expect(done.code == code, "\(done.errors)")
    }
    let tables = try ["jobs", "whole"].map { try compare($0, ["--json"]).json() }
    let scores = try tables.map { try #require($0["results"] as? NSArray) }
    #expect(scores[0] == scores[1] && scores[0].count > 0)
    unlink(file)
    #expect(try differences(scratch.path("jobs"), scratch.path("whole")) == [])
  }

  @Test func whatIsNoPlanIsRefused() throws {
    let text = try scratch.unsealed("plan.json")
    for (old, new) in [
      ("\"index\":1,", "\"index\":2,"), ("\"needs\":[0]", "\"needs\":[1]"),
      ("\"unit\":\"warmup\"", "\"unit\":\"../warmup\""), ("\"format\":1", "\"format\":2"),
    ] {
      try #require(text.contains(old))
      try scratch.file("bad.json", text.replacing(old, with: new))
      for command in [["jobs", "status", "bad.json"], ["jobs", "run", "bad.json", "0"]] {
        let outcome = try tickets(command, in: scratch.path)
        #expect(
          outcome.code == 65 && outcome.errors.contains("bad.json: is no plan of jobs"), "\(new)")
      }
    }
    try expect(["jobs", "run", plan, "10"], 64, "10: the plan has the jobs 0 to 9")
    try expect(
      ["jobs", "run", plan, "1", "--chunk", "9223372036854775807"], 64, "the plan has the")
    try expect(["jobs", "run", plan], 64, "give the number of a job, or --rank")
    try expect(["jobs", "run", plan, "--rank"], 64, "start it with mpirun or srun")
    try expect(["jobs", "status", scratch.path("none.json")], 66, "none.json: cannot be read")
    try expect(["jobs", "status", "\(sample.run)/run.json"], 65, "is no plan of jobs")
    // A run that is not planned has no record that all parts share.
    let recipe = try scratch.unsealed("run/run.json")
    try scratch.file("run/run.json", recipe.replacing(/,\s*"train"\s*\]/, with: "]"))
    #expect(try tickets(job(0)).code == 0)
    try expect(job(5), 64, "its jobs are not planned; plan them with --plan first")
  }

  private func expect(_ arguments: [String], _ code: Int32, _ message: String) throws {
    let outcome = try tickets(arguments)
    #expect(outcome.code == code && outcome.errors.contains(message), "\(outcome.errors)")
  }
}
