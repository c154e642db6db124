"""The costs of the product, measured with real processes on loopback beside a bare peer: `make bench`."""
