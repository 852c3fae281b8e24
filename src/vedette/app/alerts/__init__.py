"""`vedette alerts ...`: alerts and their texts in the terminal."""
