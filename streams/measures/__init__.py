"""What rows contribute, and the windows in which it is counted."""
