"""How recognizability is fitted, and what it is worth."""
