"""Questions to the store, one file per noun. Every list is scoped to its viewer and paged by cursor."""
