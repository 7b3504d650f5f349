"""Who comes in, and what they see: links, cookies, and what they open."""
