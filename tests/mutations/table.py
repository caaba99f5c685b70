"""Every change of one record that a vendor can make, by `vendor.type.verb`."""

from tests.mutations.table_fiwit import FIWIT
from tests.mutations.table_halo import HALO
from tests.mutations.table_revnue import REVNUE
from tests.mutations.table_tether import TETHER

CASES = {case.operation: case for case in (*TETHER, *FIWIT, *HALO, *REVNUE)}
