"""What the templates of the impact lab say with."""
