"""The publishers' files about Bristol, cut to its rows letter for letter, and their figures."""

from __future__ import annotations

import gzip
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lris.boundaries import load_boundaries, publish_boundaries
from lris.catalogue import Catalogue
from lris.figures import Reader
from lris.profiles import profile
from lris.session import Doors
from lris.terms import PUBLIC, AreaCode
from tests.town import Town, small

LSOA, WARD, DISTRICT = "E01014492", "E05010886", "E06000023"
MSOA, GROUP = "E02003019", "E38000222"
SCHOOLS = ("145543", "138985", "145482")
PRACTICES = ("A81001",)

IOD_2019 = "deprivation/iod2019"
FILES: dict[str, tuple[str, ...]] = {
    "lsoa_2011_to_lsoa_2021": ("lookups/LSOA11_to_LSOA21_to_LAD22_exact_fit_V3_CHGIND.csv.gz",),
    "lsoa_2011_to_msoa_2011": ("lookups/LSOA11_to_MSOA11_to_LAD.csv.gz",),
    "lsoa_2011_to_ccg_2021": ("lookups/LSOA11_to_CCG21_to_LAD21.csv.gz",),
    "census_2011_population": ("population/census_2011_population_hh.csv.gz",),
    "population_sape": ("population/SAPE21DT11-mid-2018-lsoa-population-density.xlsx",),
    "population_single_year": ("population/derived_population_mid2019_lsoa11_single_year.csv.gz",),
    "census_2021_religion": ("population/census2021-ts030.zip",),
    "police_street_crime": tuple(
        f"crime/avon-and-somerset/2018-{month}-avon-and-somerset-street.csv"
        for month in (10, 11, 12)
    ),
    "iod_2019": (
        f"{IOD_2019}/File_1_-_IMD2019_Index_of_Multiple_Deprivation.csv.gz",
        f"{IOD_2019}/File_2_-_IoD2019_Domains_of_Deprivation.csv.gz",
        f"{IOD_2019}/File_3_-_IoD2019_Supplementary_Indices_-_IDACI_and_IDAOPI.csv.gz",
        f"{IOD_2019}/File_6_-_IoD2019_Population_Denominators.csv.gz",
        f"{IOD_2019}/derived_imd2019_england_lsoa11_indicators.csv.gz",
    ),
    "iod_2025": ("deprivation/iod2025_derived/imd2025_england_lsoa21.csv.gz",),
    "fingertips": (
        "health/fingertips_indicators-DistrictUApre419.data.csv",
        "health/fingertips_social-isolation-indicators-CountyUA.data.csv",
        "health/fingertips_indicators-CountyUA.data.csv",
    ),
    "ahah": ("health/lsoa/AHAH_lsoa11.csv.gz",),
    "stroke_admissions": ("health/lsoa/stroke_admissions_2017-2019_by_lsoa11name.csv",),
    "qof": ("health/qof/qof-1819-prev-ach-exc-ccg.xlsx",),
    "modelled_prevalence": ("health/qof/hoc_output_lad_prevalence.csv",),
    "gp_list_sizes": ("health/gp/gp-by-age_apr2020.csv",),
    "key_stage_2": ("education/ks2_publisher_format/2018-936-ks2.csv",),
    "key_stage_4": ("education/england_trimmed/england_ks4final.csv.gz",),
    "key_stage_5": ("education/england_trimmed/england_ks5final.csv.gz",),
}
AS_IT_IS = {"police_street_crime", "fingertips", "key_stage_2"}
"""Files left whole: a month is a month, and lines of the others run over line breaks."""


@dataclass(frozen=True)
class Bristol:
    """The files, and the service that was loaded from them."""

    real: Path
    reader: Reader

    def profile(self, which: str) -> dict[str, Any]:
        """The profile of `vintage/code`."""
        return profile(self.reader, PUBLIC, AreaCode(*which.split("/")))

    def table(self, source: str, at: int = 0, **options: Any) -> pd.DataFrame:
        """A publisher's file as pandas reads it."""
        return pd.read_csv(self.real / FILES[source][at], encoding="utf-8-sig", **options)

    def row(self, source: str, code: str, at: int = 0, key: int = 0) -> pd.Series:
        """The row of an area."""
        table = self.table(source, at)
        return table[table.iloc[:, key] == code].iloc[0]


def sealed_bristol(doors: Doors, catalogue: Catalogue, real: Path, folder: Path) -> Bristol:
    """Everything about Bristol, loaded and sealed; `folder` is for the files that are cut."""
    made = Town(doors, small(catalogue), folder)
    for vintage in ("lsoa_2011", "lsoa_2021", "ward_2025"):
        name = f"{vintage.replace('_', '')}_bgc_{DISTRICT}.geojson"
        path = real / "boundaries" / "avon-and-somerset" / name
        load_boundaries(doors, made.catalogue, vintage, [path], actor="clerk")
        publish_boundaries(doors, made.catalogue, vintage, actor="clerk")
    kept = codes_of_bristol(real)
    for source, names in FILES.items():
        paths = [real / name for name in names]
        if source not in AS_IT_IS:
            paths = [cut(path, folder, kept) for path in paths]
        made.load(source, *paths)
    made.seal("Bristol")
    return Bristol(real, made.reader)


def codes_of_bristol(real: Path) -> set[str]:
    changes = pd.read_csv(
        real / FILES["lsoa_2011_to_lsoa_2021"][0], encoding="utf-8-sig", dtype=str
    )
    mine = changes[changes.LAD22CD == DISTRICT]
    lsoas = {*mine.LSOA11CD, *mine.LSOA21CD, *mine.LSOA11NM}
    return {*lsoas, MSOA, DISTRICT, *SCHOOLS, *PRACTICES}


def cut(path: Path, folder: Path, kept: set[str]) -> Path:
    """A file with its first line and those lines that hold one of the codes; a workbook whole."""
    if path.suffix == ".xlsx":
        return path
    if path.suffix == ".zip":
        made = folder / path.name
        with zipfile.ZipFile(path) as given, zipfile.ZipFile(made, "w") as taken:
            for name in given.namelist():
                if name.endswith(("-lsoa.csv", "-ltla.csv", "-msoa.csv")):
                    taken.writestr(name, lines_of(given.read(name), kept))
        return made
    plain = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    made = folder / path.name.removesuffix(".gz")
    made.write_bytes(lines_of(plain, kept))
    return made


def lines_of(content: bytes, kept: set[str]) -> bytes:
    header, *lines = content.splitlines(keepends=True)
    wanted = {code.encode() for code in kept}
    return header + b"".join(
        line
        for line in lines
        if not wanted.isdisjoint(line.replace(b'"', b"").rstrip().split(b","))
    )
