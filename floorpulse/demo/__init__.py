"""The product on one machine, with embedded parts."""
