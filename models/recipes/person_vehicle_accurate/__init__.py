"""person-vehicle-accurate: NanoDet at 416 pixels, from TensorFlow.js weights."""
