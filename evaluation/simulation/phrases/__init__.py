"""What sellers say, in Korean and English: the raw material of the synthetic month."""
