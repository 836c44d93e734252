"""How the state database came to be as it is: one revision after another, none ever edited."""
