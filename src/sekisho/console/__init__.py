"""The office, in a browser: findings become cases, cases become filings, and every change has a name and a reason."""
