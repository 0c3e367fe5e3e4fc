"""What a fleet may do, for which purpose, and for how long: data that lawyers review, read and held to by code."""
