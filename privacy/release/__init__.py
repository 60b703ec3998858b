"""The one noised publication a month, from which every figure that anybody sees comes."""
