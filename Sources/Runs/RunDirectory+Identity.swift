import Recipes
import Training

/// What each file of weights in a run is of.
extension Recipe {
  /// The weights after warm-up.
  var warmupIdentity: WeightsIdentity {
    WeightsIdentity(baseArchitecture.name, stage: "warmup")
  }

  /// Those after the epoch of the warm-up that the recipe rewinds to.
  var epochIdentity: WeightsIdentity {
    WeightsIdentity(baseArchitecture.name, stage: "warmup", rewind: rewind.text)
  }

  /// θ⁰.
  var theta0Identity: WeightsIdentity {
    WeightsIdentity(baseArchitecture.name, stage: "theta0", rewind: rewind.text)
  }

  /// What is kept of `task` after `round`: `weights`, `optimizer` or `scores`.
  func roundIdentity(task: String, _ round: Int, _ holds: String) -> WeightsIdentity {
    WeightsIdentity(
      baseArchitecture.name, stage: "prune", task: task, round: round, holds: holds)
  }
}

extension TrainingUnit {
  /// Its trained weights.
  var identity: WeightsIdentity {
    WeightsIdentity(architecture.name, stage: stage, task: task)
  }

  /// Its weights after the search, before heads are fine-tuned.
  var searchIdentity: WeightsIdentity {
    WeightsIdentity(architecture.name, stage: stage, task: task, holds: "search")
  }

  /// The fine-tuned head of its only task.
  var headIdentity: WeightsIdentity {
    WeightsIdentity(architecture.name, stage: "fine-tune/\(architecture.name)", task: task)
  }

  /// What metrics and weights call its training.
  var stage: String { "train/\(architecture.name)" }
}
