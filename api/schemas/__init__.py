"""What goes over the wire, one file per noun: shapes that change only by adding."""
