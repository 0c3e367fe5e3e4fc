"""Recordings that the demo, the tests and the benches watch; origin and terms stand beside each."""
