"""How often alerts about people fire for nothing, and how soon for something: a simulation."""
