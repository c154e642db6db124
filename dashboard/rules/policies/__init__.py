"""Policies as code: `policies/*.toml`, planned and applied by commands. Docs: `docs/rules.md`."""
