"""Places: datums, communities, leaves, districts, and the released figures laid out over them."""
