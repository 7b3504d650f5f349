"""Recording rules, alerts, routes and runbooks."""
