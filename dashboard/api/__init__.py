"""What other programs can ask: thin, over the actions that pages ask too. Who asks is found in `access/tokens/`."""
