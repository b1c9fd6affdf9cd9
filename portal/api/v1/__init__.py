"""Version 1: one module per noun. A module that names a blueprint `bp` is found by itself."""
