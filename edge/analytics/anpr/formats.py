"""Formats of European number plates: what stands on them, character by character, and how common they are on Belgian roads.

``@`` is a letter of the series, ``#`` a figure, ``[12]`` one of these, ``*`` a letter or a figure, anything else itself.
Rules: separators are left out, they are no part of a number; a share is a judgement to one digit for a road in Belgium, for
all formats of its row together, and sways a posterior by little (:mod:`edge.analytics.anpr.syntax`); what no row has is left
to free numbers, so that a road elsewhere is read all the same. Facts: ministerial decree of 23 July 2001 and the vehicle
registration service for Belgium, the national register's public description for the others.
"""

from __future__ import annotations

from dataclasses import dataclass

ALL = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BELGIAN = "ABCDEFGHIJKLMNPQRSTUVWXYZ"
_BELGIAN_1973 = "ABCDEFGHJKLMNPRSTUVWXYZ"
_FRENCH = "ABCDEFGHJKLMNPQRSTVWXYZ"
_DUTCH = "BDFGHJKLNPRSTVXZ"


@dataclass(frozen=True)
class Formats:
    """Formats of one series, each as common as the others.

    Attributes:
        name: region first.
        share: of the plates on the road.
        patterns: see the module.
        letters: those that ``@`` may be.
    """

    name: str
    share: float
    patterns: tuple[str, ...]
    letters: str = ALL


FORMATS = (
    Formats("be-car", 0.55, ("[12]@@@###",), _BELGIAN),
    Formats("be-car-later", 0.01, ("[34567]@@@###", "[12]###@@@"), _BELGIAN),
    Formats("be-1973", 0.05, ("@@@###", "###@@@"), _BELGIAN_1973),
    Formats("be-1951", 0.001, ("@####", "####@", "@@###", "###@@", "@###@"), _BELGIAN_1973),
    Formats("be-personalised-before-2014", 0.002, ("9@@@###",)),
    Formats("be-motorcycle", 0.01, ("M@@@###", "M###@@@", "[MW]@@###", "###[MW]@@"), _BELGIAN),
    Formats("be-moped", 0.005, ("S[ABPU]@@###", "S###[ABPU]@@"), _BELGIAN),
    Formats("be-old-timer", 0.005, ("O@@@###", "O###@@@", "O@@###"), _BELGIAN),
    Formats("be-trailer", 0.02, ("Q@@@###", "Q###@@@", "[UQ]@@###"), _BELGIAN),
    Formats("be-taxi", 0.01, ("T[XL]@@###", "TX@###"), _BELGIAN),
    Formats("be-commercial", 0.01, ("[YZV]@@@###", "[YZV]###@@@", "Z@@###"), _BELGIAN),
    Formats("be-diplomatic", 0.002, ("CD@@###", "CD####", "CD###@", "CDM###", "8@@@###", "8###@@@"), _BELGIAN),
    Formats("be-eur", 0.001, ("EUR####", "####EUR", "EUR###@")),
    Formats("be-temporary", 0.003, ("[WX]@##@@@", "[WX]@@###"), _BELGIAN),
    Formats("be-agricultural", 0.003, ("GL@@###",), _BELGIAN),
    Formats("be-authority", 0.0005, ("[AEP]#", "[AEP]##", "[AEP]###")),
    Formats("nl", 0.06, ("##@@@#", "@###@@", "@@###@", "#@@@##", "##@@@@", "@@@@##", "@@##@@", "@@@##@"), _DUTCH),
    Formats("nl-old", 0.005, ("#@@###", "@@####", "####@@", "##@@##"), _DUTCH),
    Formats("fr", 0.05, ("@@###@@",), _FRENCH),
    Formats("fr-old", 0.002, ("####@@##", "###@@@##", "##@@@##", "###@@##"), _FRENCH),
    Formats("de", 0.04, ("@@@####", "@@@###", "@@@@###", "@@@@##", "@@####", "@@@@####", "@@@@@##", "@@@@@####", "@@###")),
    Formats("de-suffix", 0.003, ("@@@@###[HE]", "@@@###[HE]", "@@@@##[HE]")),
    Formats("lu", 0.01, ("@@####", "#####", "####")),
    Formats("uk", 0.01, ("@@##@@@", "@###@@@", "@@@###@"), "ABCDEFGHJKLMNOPRSTUVWXYZ"),
    Formats("es", 0.005, ("####@@@",), "BCDFGHJKLMNPRSTVWXYZ"),
    Formats("it", 0.005, ("@@###@@",), "ABCDEFGHJKLMNPRSTVWXYZ"),
    Formats("pl", 0.02, ("@@#####", "@@####@", "@@@@###", "@@@##@@", "@@@#@##", "@@@#####", "@@###@@")),
    Formats("ro", 0.01, ("@@##@@@", "@##@@@", "@###@@@")),
    Formats("bg", 0.005, ("@@####@@", "@####@@"), "ABCEHKMOPTXY"),
    Formats("cz", 0.005, ("#@#####", "#@@####"), "ABCDEFHIJKLMNPRSTUVXYZ"),
    Formats("sk", 0.003, ("@@###@@",)),
    Formats("at", 0.003, ("@#####@", "@@###@@", "@@####@", "@####@@")),
    Formats("ch", 0.003, ("@@######", "@@#####", "@@####", "@@###")),
    Formats("lt-hu-se-fi", 0.005, ("@@@###", "@@@##@", "@@@@###")),
    Formats("pt", 0.002, ("@@##@@", "##@@##", "##@@@@", "##@@")),
    Formats("dk-no", 0.002, ("@@#####",)),
)
