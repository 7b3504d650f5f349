"""Why a number is what it is: recount and explain."""
