"""What is measured: the KPI catalogue, the names of all series and keys, and their rendering."""
