"""The command families of `beatplan`, one file each, imported when they are called."""
