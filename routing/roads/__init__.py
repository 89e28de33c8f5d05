"""Road networks: from an OpenStreetMap extract to travel times, lengths and lines on the map."""
