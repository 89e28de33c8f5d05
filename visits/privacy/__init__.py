"""What is kept about people: by whose leave, for how long, handed out whole, and erased."""
