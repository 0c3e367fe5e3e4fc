"""Updates without publisher, network or model: a signed repository, its mirrors, and what stands in for a runtime."""
