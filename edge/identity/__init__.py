"""Who the box is: its own key, and the certificate that it traded a one-time code for."""
