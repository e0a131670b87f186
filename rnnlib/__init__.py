"""The mathematics of recurrent networks, in NumPy, written to be read and proved right."""
