"""Videos that people look at: reading them, drawing on them, writing them."""
