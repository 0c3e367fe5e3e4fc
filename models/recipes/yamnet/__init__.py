"""yamnet: YAMNet as MediaPipe releases it; hears gunshots and fireworks, and teaches smaller networks to."""
