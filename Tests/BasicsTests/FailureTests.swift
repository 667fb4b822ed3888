import Basics
import Testing

@Suite struct FailureTests {
  @Test func settingsAndTheirValuesStandInFront() {
    let odd = Failure(.usage, setting: "hidden", value: "5", "must be even")
    #expect(odd.message == "hidden 5: must be even" && odd.setting == "hidden")
    #expect(Failure(.usage, setting: "tasks", "missing").message == "tasks: missing")
    #expect(odd.adding(" (in x)").message == "hidden 5: must be even (in x)")
    #expect(odd.adding(" (in x)").setting == "hidden")
    #expect(Failure(.badData, "f:3: is empty").setting == nil)
  }
}
