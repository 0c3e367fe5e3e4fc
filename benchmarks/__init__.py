"""Measurements that anyone can repeat: ``lamplighter bench NAME``. Each module measures one thing and yields figures."""
