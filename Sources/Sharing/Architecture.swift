import Basics

/// A way for tasks to share parameters, by name: the registry that commands offer.
public struct Architecture: Sendable {
  /// Which network an architecture trains.
  fileprivate enum Network: Sendable {
    /// One that `make` makes.
    case made(
      _ make:
        @Sendable (NetworkShape, [TaskShape], SharingSettings, UInt64?) throws
        -> any SharingNetwork)
    /// That of the architecture whose tickets are trained.
    case ofTickets
  }

  /// The name under `--sharing`.
  public let name: String
  /// One line for the help.
  public let summary: String
  /// Whether every task is trained alone, in a network of its own.
  public let trainsTasksAlone: Bool
  /// Why tasks cannot be pruned to tickets of it; nil if they can.
  public let whyNoTickets: String?
  /// Whether its networks have states that all tasks read as they are, for losses on them.
  public let hasSharedStates: Bool
  /// Whether beside those each task has states of its own.
  public let hasPrivateStates: Bool
  /// Whether a controller chooses each task's path, unless paths are given.
  public let choosesPaths: Bool
  fileprivate let network: Network

  private init(
    _ name: String, _ summary: String, trainsTasksAlone: Bool = false,
    whyNoTickets: String? = nil, hasSharedStates: Bool = false, hasPrivateStates: Bool = false,
    choosesPaths: Bool = false, _ network: Network
  ) {
    self.name = name
    self.summary = summary
    self.trainsTasksAlone = trainsTasksAlone
    self.whyNoTickets = whyNoTickets
    self.hasSharedStates = hasSharedStates
    self.hasPrivateStates = hasPrivateStates
    self.choosesPaths = choosesPaths
    self.network = network
  }

  /// Whether it needs a ticket for every task.
  public var needsTickets: Bool { if case .ofTickets = network { true } else { false } }

  /// All architectures, in the order of reports.
  public static let all = [
    Architecture(
      "sparse", "one set of weights, a subnet (ticket) for each task",
      whyNoTickets: "it is made of tickets itself", .ofTickets),
    Architecture(
      "subnet", "each task's ticket trained by itself", trainsTasksAlone: true,
      whyNoTickets: "it is made of tickets itself", .ofTickets),
    Architecture(
      "hard", "one encoder for all tasks, a head for each", hasSharedStates: true,
      .made { shape, tasks, _, seed in HardSharing(shape, tasks: tasks, seed: seed) }),
    Architecture(
      "hierarchical", "low supervision: one encoder, tasks predicted from different layers",
      hasSharedStates: true,
      .made { shape, tasks, settings, seed in
        let depths = try settings.depths(of: tasks, layers: shape.layers)
        return HardSharing(shape, tasks: tasks, depths: depths, seed: seed)
      }),
    Architecture(
      "shared-private", "a shared encoder and a private one a task side by side, heads read both",
      hasSharedStates: true, hasPrivateStates: true,
      .made { shape, tasks, _, seed in
        SharedPrivate(shape, tasks: tasks, form: .sideBySide, seed: seed)
      }),
    Architecture(
      "stacked", "a shared encoder below a private one a task, heads read the private one",
      hasSharedStates: true, hasPrivateStates: true,
      .made { shape, tasks, _, seed in
        SharedPrivate(shape, tasks: tasks, form: .stacked, seed: seed)
      }),
    Architecture(
      "modules", "a pool of modules, a path through it for each task, searched for or given",
      choosesPaths: true,
      .made { shape, tasks, settings, seed in
        try ModuleNetwork(shape, tasks: tasks, settings: settings.modules, seed: seed)
      }),
    Architecture(
      "cross-stitch", "a network a task, each layer reads a learned mixture of all tasks' states",
      .sluice { settings in
        settings.subspaces = 1
        settings.flow = .learned
        settings.mixture = .last
      }),
    Architecture(
      "sluice", "cross-stitch between subspaces, a learned mixture of layers", .sluice { _ in }),
    Architecture(
      "group-lasso", "a network a task, shared input layer, group lasso over subspaces",
      whyNoTickets: "tasks have encoders of their own, of whose weights tickets would share none",
      .sluice {
        $0.subspaces = 2
        $0.flow = .withinTask
        $0.orthogonality = 0
      }),
    Architecture(
      "domain-adaptation", "a network a task, the first subspace private, the second one shared",
      .sluice {
        $0.subspaces = 2
        $0.flow = .privateAndShared
        $0.orthogonality = 0
      }),
    Architecture(
      "single", "a network of its own for each task", trainsTasksAlone: true,
      whyNoTickets: "it has no shared weights; those of 'hard' are pruned by the task alone",
      .made { shape, tasks, _, seed in HardSharing(shape, tasks: tasks, seed: seed) }),
  ]

  /// The architecture called `name`, nil if there is none.
  public static func named(_ name: String) -> Architecture? { all.first { $0.name == name } }

  /// The names of those whose tasks can be pruned to tickets.
  public static var prunable: [String] { all.filter { $0.whyNoTickets == nil }.map(\.name) }

  /// The network that it trains for `tasks`, of which it trains each by itself if it
  /// `trainsTasksAlone`; without a seed its parameters are to be loaded.
  ///
  /// - Parameter base: the architecture that tickets are subnets of.
  /// - Throws: `Failure` of kind `usage` if it cannot be made of that shape.
  public func makeNetwork(
    _ shape: NetworkShape, tasks: [TaskShape], settings: SharingSettings, base: Architecture,
    seed: UInt64?
  ) throws -> any SharingNetwork {
    switch network {
    case .made(let make): try make(shape, tasks, settings, seed)
    case .ofTickets:
      try base.makeNetwork(shape, tasks: tasks, settings: settings, base: base, seed: seed)
    }
  }
}

extension Architecture.Network {
  /// A sluice network with what `change` fixes.
  fileprivate static func sluice(
    _ change: @escaping @Sendable (inout SluiceSettings) -> Void
  ) -> Self {
    .made { shape, tasks, settings, seed in
      guard tasks.count > 1 else {
        throw Failure(
          .usage, setting: "tasks",
          "sharing between networks needs two tasks or more; there is only \(tasks[0].name)")
      }
      var form = settings.sluice
      change(&form)
      return try SluiceNetwork(shape, tasks: tasks, settings: form, seed: seed)
    }
  }
}
