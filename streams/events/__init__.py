"""What arrives: the wire contract, its decoding, and the guard against floods of broken records."""
