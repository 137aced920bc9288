"""How the schema came to be, one module a revision. What ran somewhere never changes: a new revision corrects it."""
