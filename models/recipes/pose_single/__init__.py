"""pose-single: MoveNet Lightning for one person at 192 pixels, from TensorFlow.js weights."""
