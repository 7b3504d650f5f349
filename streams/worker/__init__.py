"""The process: Faust at its edge, rebalances, its own figures and pages."""
