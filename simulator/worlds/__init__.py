"""Worlds: a city with streets, places, boxes and people, made from a seed. What is true here is what is scored against."""
