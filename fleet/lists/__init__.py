"""Hit lists, and the keys of plates: made under four eyes, signed, handed out, taken back, destroyed.

The way of a list: typed lines become entries (:mod:`fleet.lists.entries`), kept sealed (:mod:`fleet.lists.contents`) as a
draft; a second person approves it (:mod:`fleet.lists.decisions`); the process of lists makes digests of it, has the header
signed and writes the files (:mod:`fleet.lists.publishing`), names them in the twins of the boxes that use the list
(:mod:`fleet.lists.following`) and gives those boxes the keys (:mod:`fleet.lists.handing`). Keys lie in files of their own
(:mod:`fleet.lists.keyfiles`), never in the store.
"""
