"""Planning runs outside the requests that ask for them."""
