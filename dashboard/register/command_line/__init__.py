"""What commands about sets of tasks have in common: how a set is named, and how its number is confirmed."""
