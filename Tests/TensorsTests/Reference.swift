import Foundation

func exponential(_ x: Float) -> Double { exp(Double(x)) }
func hyperbolicTangent(_ x: Float) -> Double { tanh(Double(x)) }
func logarithm(_ x: Double) -> Double { log(x) }
