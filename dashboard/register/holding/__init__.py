"""Holds: what nobody may delete. `covered` writes rows; `placing`, `releasing` and `rules` do what people ask."""
