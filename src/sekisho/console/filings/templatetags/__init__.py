"""What the templates of filings say with."""
