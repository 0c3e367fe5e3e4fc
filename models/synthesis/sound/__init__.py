"""Sounds of a city by physics: shots, fireworks, things that strike, air, streets and microphones."""
