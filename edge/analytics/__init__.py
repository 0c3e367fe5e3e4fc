"""Analytics: from tracks and scores to observations, each capability in a room of its own."""
