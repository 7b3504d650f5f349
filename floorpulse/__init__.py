"""The command line and the demo: puts the processes together."""
