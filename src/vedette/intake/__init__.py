"""How samples come in: targets, discovery, scraping."""
