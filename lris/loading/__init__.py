"""How each kind of delivery is stored; a kind is a module with one function `deliver`."""
