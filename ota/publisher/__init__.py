"""The publisher's part of an update: what is made once and fetched by many."""
