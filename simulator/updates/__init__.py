"""Updates without publisher, network or model: a signed repository in memory, its mirrors, and what stands in for a runtime."""
