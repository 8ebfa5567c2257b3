"""Areas held against each other: side by side, before and after, the most deprived and the rest.

Two areas differ where a test of their ratio or difference says so, never because their intervals
do not overlap. What cannot be compared is refused or left undone, with the reason.
"""

from lris.comparing.before_after import before_after
from lris.comparing.following import gap_over_time
from lris.comparing.side_by_side import compare

__all__ = ["before_after", "compare", "gap_over_time"]
