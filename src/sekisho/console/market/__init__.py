"""The market: prices, volumes and the order book around a moment."""
