"""How answers are found: plain functions over records, each for all parents of a level at once."""
