"""person-vehicle-fast: SSD MobileNetV2 at 300 pixels, from TensorFlow.js weights."""
