"""Invented words: no town, parish or street of the real country is called so, as far as we could
find.
"""

from __future__ import annotations

CITY_NAME = "Vellmouth"
NEIGHBOUR_NAME = "Orrendale"
FORCE_NAME = "Vellmouth and Orrendale Constabulary"
FORCE_CODE = "E23990001"
RIVER_NAME = "Vell"

# Wards, town centres, practices and schools are named after these quarters.
CITY_QUARTERS = (
    "Ostrigate", "Quenby Cross", "Harlsey Dock", "Tamberfield", "Wickenhythe", "Brackenvell",
    "Sallowmere", "Fennimarsh", "Kingsvell", "Marlowhythe", "Pellingate", "Thrushwold",
    "Udderslade", "Copperhythe", "Emberley Rise", "Lanternfield", "Vellside", "Nettlevell",
    "Old Ropewalk", "Garrowvell", "Icknelmoor", "Juniper Vale End", "Yarrowgate", "Zellan Park",
    "Dunnockfield", "Amberhythe", "Rookenvell", "Saltersgarth",
)  # fmt: skip
NEIGHBOUR_QUARTERS = (
    "Orrenthwick", "Great Sollerby", "Little Sollerby", "Mickelvane", "Tarnhowick", "Skelverdale",
    "Upper Orren", "Nether Orren", "Hartsvane", "Wexholmby", "Cragenfold", "Ellerwath",
    "Birkenvane", "Stavelhow", "Pikeholmby", "Low Fentry",
)  # fmt: skip
TOWNS = ("Sollerby", "Mickelvane", "Wexholmby", "Skelverdale")

_STREET_STEMS = (
    "Quillfeather", "Marrowby", "Thistledew", "Candlewright", "Osierlea", "Pepperwell",
    "Hobbinstone", "Larkenfold", "Gunnerthwaite", "Velldyke", "Mossamber", "Tinderbox", "Wrenlow",
    "Cobblerush", "Fairlamb", "Gorsefold", "Hazelthorn", "Inkpebble", "Jacksnipe", "Kestrelmead",
    "Limeburn", "Mallowfield", "Needlewright", "Oatcroft", "Plumbago", "Quarrenden", "Rushlight",
    "Sedgewarbler", "Tollgarth", "Umberfold", "Vetchling", "Wainthistle", "Yaffle", "Zinnia",
    "Anvilgate", "Bellfounder", "Coracle", "Drakesfold", "Eelcatcher", "Fullersmead",
    "Glassblower", "Hopkiln", "Ironmonger", "Jessamy", "Kilnfold", "Lacewing", "Merrowstone",
    "Netmender", "Oystergarth", "Paperwright", "Quernstone", "Ropemaker", "Saltcote", "Tanbark",
    "Underhythe", "Vinegarth", "Weaverfold", "Yellowhammer", "Alderpool", "Brimstone",
    "Chaffinch", "Damselfly", "Emberthorn", "Ferrymaster", "Gallowglass", "Heronsgarth",
    "Ivyshaw", "Jackdaw", "Kingfisher", "Lapwingdale", "Moorcock", "Nightjar", "Ouzelthwaite",
    "Partridgemead", "Quakergrass", "Ravensgarth", "Siskin", "Turnstone", "Ullfeather", "Vervain",
    "Whinchat", "Yarrowby", "Almondvell", "Bilberryfold", "Cloudberry", "Dewberry", "Elderfold",
    "Foxglove", "Greengage", "Hawkweed", "Iceplant", "Juniperfold", "Knapweed", "Loosestrife",
    "Meadowrue", "Nettlefold", "Oxlip", "Pennyroyal", "Quincefold", "Ragwort", "Saxifrage",
    "Tormentil", "Umbelfold", "Valerian", "Woodruff", "Yewpebble", "Admiral Sorrin",
    "Bishop Tamm", "Captain Ulla", "Dame Orrin", "Elder Vosk", "Friar Penn", "Governor Sarrow",
    "Harbourmaster", "Judge Orrowe", "Mayor Quill", "Pilot Sarn", "Provost Emmet",
)  # fmt: skip
_THROUGH = ("Road", "Street", "Road", "Avenue", "Lane", "Way", "Hill", "Drive", "Parade", "Row")
_LOCAL = (
    "Close",
    "Gardens",
    "Court",
    "Grove",
    "Place",
    "Crescent",
    "Walk",
    "Mews",
    "Terrace",
    "Rise",
)


def street_names(kind: str) -> list[str]:
    """All names for streets of a kind ('through' or 'local'), in a fixed order, without repeats."""
    endings = dict.fromkeys(_THROUGH if kind == "through" else _LOCAL)
    plain = [f"{stem} {ending}" for ending in endings for stem in _STREET_STEMS]
    sides = ("Upper", "Lower", "North", "South", "East", "West", "Old", "New", "Little", "Far")
    return plain + [f"{side} {name}" for side in sides for name in plain]


COUNTRY_CODE, COUNTRY_NAME = "E92990001", "Fictional country"
REGION_CODE, REGION_NAME = "E12990001", "Fictional region"
CCG_CODE = ("E38990001", "E38990002")
CCG_NAME = ("NHS Vellmouth (fictional) CCG", "NHS Orrendale (fictional) CCG")
