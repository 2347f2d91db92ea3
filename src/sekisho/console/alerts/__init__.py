"""The queue: findings as alerts that people claim, put aside, or make a case of."""
