"""How it is computed: events, ledgers, windows, agents and serving."""
