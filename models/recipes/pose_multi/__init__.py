"""pose-multi: MoveNet for up to six people at 256 pixels, from TensorFlow.js weights."""
