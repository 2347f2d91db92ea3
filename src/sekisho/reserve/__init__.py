"""How large a reserve against outflows has to be, told from past incidents and from what the firm itself has exposed."""
