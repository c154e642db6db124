"""What the product costs, measured with real processes on loopback beside a bare peer: `make bench`."""
