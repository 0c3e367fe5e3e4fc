"""Updates on the box: the machine of :mod:`ota.device` in a thread of its own, and what runs models as its port."""
