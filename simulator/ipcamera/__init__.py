"""A network camera that is no hardware: GStreamer's RTSP server with pictures of our own encoding."""
