"""Number plates: from plates in single pictures to one event for each vehicle that goes by."""
