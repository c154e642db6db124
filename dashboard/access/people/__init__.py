"""People, as administrators see them: who there is, who may what, and who may still come in."""
