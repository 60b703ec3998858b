"""Import of places: readers of files, cleaning of rows, merging of spellings."""
