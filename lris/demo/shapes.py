"""What the fictional city is made of: areas, streets, map points, addresses and postcodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Texts = NDArray[Any]  # of dtype object, holding str

CITY, NEIGHBOUR = 0, 1  # the two rows of Geography.lad
HARDSHIP, URBANITY = 0, 1  # the columns of Geography.latent

# Places that hold no address and are named by what they are, in the police's own words.
FACILITIES = (
    "Shopping Area",
    "Nightclub",
    "Parking Area",
    "Supermarket",
    "Petrol Station",
    "Park/Open Space",
    "Sports/Recreation Area",
    "Further/Higher Educational Building",
    "Hospital",
    "Police Station",
    "Bus/Coach Station",
    "Theatre/Concert Hall",
    "Pedestrian Subway",
    "Conference/Exhibition Centre",
)


@dataclass(frozen=True, slots=True)
class Areas:
    """The areas of one level and vintage; row i of every field is one area, in order of code.

    codes: (n,) str, such as 'E01990012'. names: (n,) str, 'Vellmouth 012C'; '' for output areas.
    outlines: (n,) shapely polygons, EPSG:27700, vertices on the 0.1 m grid, counter-clockwise,
    without overlap or gap between neighbours. points: (n, 2) float metres, the population-weighted
    centre, inside the outline. residents: (n,) int, usual residents in mid-2021 (the census year).
    households: (n,) int.
    """

    vintage: str
    codes: Texts
    names: Texts
    outlines: NDArray[Any]
    points: Floats
    residents: Whole
    households: Whole

    def __len__(self) -> int:
        return len(self.codes)


@dataclass(frozen=True, slots=True)
class Streets:
    """Streets as lines; row i of every field is one street.

    names: (n,) str, unique within a district, such as 'Quillfeather Road'. lines: (n,) shapely
    LineString, EPSG:27700. kind: (n,) str, 'through' (between neighbourhoods) or 'local'. lad: (n,)
    row of Geography.lad.
    """

    names: Texts
    lines: NDArray[Any]
    kind: Texts
    lad: Whole


@dataclass(frozen=True, slots=True)
class SnapPoints:
    """The map points that a police force moves incidents to: of 8 or more addresses, or of none.

    points: (n, 2) float, metres EPSG:27700, never on an area's edge. lonlat: (n, 2) float, degrees
    WGS84 rounded to 6 decimals as published. texts: (n,) str, 'On or near Quillfeather Road' or 'On
    or near Parking Area'. kind: (n,) str, 'street' or one of FACILITIES ('Nightclub', 'Shopping
    Area', 'Parking Area' ...). addresses: (n,) int, 0 or >= 8; 0 exactly for facilities. street:
    (n,) row of Streets, -1 for facilities. oa: (n,) row of Geography.oa (2021); all wider areas
    follow from it: `geography.lsoa_of_oa[snap.oa]`. centrality: (n,) float 0..1, pull of the
    nearest town centre: 1 in its heart, below .05 beyond 1.5 km.
    """

    points: Floats
    lonlat: Floats
    texts: Texts
    kind: Texts
    addresses: Whole
    street: Whole
    oa: Whole
    centrality: Floats

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Every dwelling as an exact place; the number of one is its row. About one for each household.

    points: (n, 2) float, metres EPSG:27700, to 0.1 m. snap: (n,) row of SnapPoints (a street's
    point). postcode: (n,) row of Postcodes. oa: (n,) row of Geography.oa (2021). Sorted by oa, then
    street order.
    """

    points: Floats
    snap: Whole
    postcode: Whole
    oa: Whole

    def __len__(self) -> int:
        return len(self.oa)


@dataclass(frozen=True, slots=True)
class Postcodes:
    """Unit postcodes: some 15 addresses each, of one street.

    codes: (n,) str, 'ZV4 7QT'. outward: (n,) str, 'ZV4': the areas of outward codes are whole
    neighbourhoods. points: (n, 2) float whole metres, one of its addresses. oa: (n,) row of
    Geography.oa (2021): the one its point lies in. introduced, ended: (n,) str 'YYYYMM', '' where
    it has not ended (live).
    """

    codes: Texts
    outward: Texts
    points: Floats
    oa: Whole
    introduced: Texts
    ended: Texts

    def __len__(self) -> int:
        return len(self.codes)


@dataclass(frozen=True, slots=True)
class TownCentre:
    """Where shops and nights out concentrate. Metres, EPSG:27700; weight 1 for the city's own
    centre.
    """

    name: str
    easting: float
    northing: float
    radius_m: float
    weight: float


@dataclass(frozen=True, slots=True)
class Geography:
    """The whole land, as frozen columns: areas by level, who lies in what, streets, places, latent
    fields.

    Rows are counted from 0 within each `Areas`; a column `x_of_y` has one entry for each y, a row
    of x.

    lad: 2 rows, CITY (about 300 LSOAs) and NEIGHBOUR (about 120), same codes and outlines in every
    year. oa, lsoa, msoa: vintage 2021. oa_2011, lsoa_2011, msoa_2011: vintage 2011; an area that
    did not change keeps its code in both. ward: of 2019 and 2024 alike; made of whole 2021 OAs,
    does not nest in LSOAs. oa_2011_of_oa: which 2011 OA holds the larger part of a 2021 OA (the
    whole of it, where it was not merged). atoms: the smallest pieces; every OA of either year is
    made of whole atoms. atom_oa, atom_oa_2011: (n_atoms,) rows; atom_residents, atom_households:
    (n_atoms,) int, at the census of 2021; atom_residents_2011, atom_households_2011: at that of
    2011. They sum to those of the areas of either vintage. latent: (n_oa, 2) float, mean 0 and sd 1
    over OAs of both districts, rounded to 6 decimals, spatially autocorrelated (SAR, rho .93):
    column 0 HARDSHIP (higher is more deprived), column 1 URBANITY (higher is denser, younger,
    nearer night life). latent_lsoa: (n_lsoa, 2) the same as population-weighted means, mean 0, sd
    1. neighbours_oa, neighbours_lsoa: (n, 2) int pairs i < j of 2021 areas that share an edge.
    force_code, force_name: the fictional police force of both districts.
    """

    seed: int
    lad: Areas
    oa: Areas
    lsoa: Areas
    msoa: Areas
    ward: Areas
    oa_2011: Areas
    lsoa_2011: Areas
    msoa_2011: Areas
    lsoa_of_oa: Whole
    msoa_of_lsoa: Whole
    lad_of_lsoa: Whole
    lad_of_msoa: Whole
    lad_of_oa: Whole
    ward_of_oa: Whole
    lad_of_ward: Whole
    ward_of_lsoa: Whole  # best fit: the ward with most of its residents
    lsoa_2011_of_oa_2011: Whole
    msoa_2011_of_lsoa_2011: Whole
    lad_of_lsoa_2011: Whole
    oa_2011_of_oa: Whole
    lsoa_changes: tuple[
        tuple[int, int, str], ...
    ]  # (row of lsoa_2011, row of lsoa, 'U' 'S' 'M' 'X')
    atom_oa: Whole
    atom_oa_2011: Whole
    atom_residents: Whole
    atom_households: Whole
    latent: Floats
    latent_lsoa: Floats
    neighbours_oa: Whole
    neighbours_lsoa: Whole
    streets: Streets
    snap: SnapPoints
    addresses: Addresses
    postcodes: Postcodes
    centres: tuple[TownCentre, ...]
    force_code: str
    force_name: str
    lsoa_2011_of_oa: Whole  # exact: an OA merged since 2011 was merged within one LSOA
    atom_residents_2011: Whole
    atom_households_2011: Whole
    outward_of_oa: Texts  # 'ZV4'
