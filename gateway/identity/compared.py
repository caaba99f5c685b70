"""Compared records: a row's values in canonical form, made once for each row."""

import re

from msgspec import Struct

from gateway.identity.canonical import canonical_card, canonical_number, canonical_tag
from gateway.identity.decisions import Decisions
from gateway.identity.host_names import host_name
from gateway.identity.label_forms import Readings, readings
from gateway.identity.makers import is_virtual, maker_family
from gateway.identity.models import Model, model_words
from gateway.identity.placeholders import identifies_nothing, is_mixed, words_in
from gateway.identity.record import IdentityRecord

_SERIES = re.compile(
    r"\s*(?=.{3,7}\s*$|[A-Z]+[-_./ ])[A-Z]{1,6}[-_./ ]?\d{2,8}\s*", re.ASCII | re.IGNORECASE
)  # as a company numbers its tags
_TAG_AS_NUMBER_LENGTH = 7


class CanonicalRecord(Struct, frozen=True, gc=False):
    """
    Canonical values; "" and () where there are none. `numbers`: own serial numbers that may identify, of which
    `secondary` may be the last. `readings`: numbers behind a maker's label. `tag_as_number`: the tag of a record
    without a serial number. `tag_scope`: group of sources that share tags. `has_tag_as_serial`: its own tag was
    typed into the serial number. `words`: of `words_in`. Days are ordinals, 0 for none.
    """

    id: str
    source: str
    numbers: tuple[str, ...]
    secondary: str
    readings: Readings
    tag_as_number: str
    tag: str
    tag_scope: int | None
    has_tag_as_serial: bool
    words: int
    host: str
    card: str
    family: str
    model: Model
    virtual: bool
    purchase_day: int
    warranty_day: int


class RecordComparer:
    """Makes compared records. Makers and models are few: each is read once."""

    def __init__(self, decisions: Decisions) -> None:
        self._decisions = decisions
        self._families: dict[str | None, str] = {None: ""}
        self._models: dict[tuple[str | None, str], Model] = {}

    def compare(self, row: IdentityRecord) -> CanonicalRecord:
        """The row's values in canonical form."""
        serial, secondary, written_tag = row.serial_number, row.secondary_serial_number, row.asset_tag
        written_model, bought, ends = row.model, row.purchase_date, row.warranty_end
        family = self._family(row.manufacturer)
        model = self._model(written_model, family) if written_model else ()
        number = canonical_number(serial) if serial else ""
        second = canonical_number(secondary) if secondary else ""
        tag = canonical_tag(written_tag) if written_tag else ""
        card = canonical_card(row.mac_address) if row.mac_address else ""
        host = host_name(row.name, (number, second, tag, *model)) if row.name else ""
        ignored = self._decisions.ignored_numbers
        has_tag_as_serial = number != "" and number == tag
        usable = (
            number != ""
            and number not in ignored
            and not identifies_nothing(number, serial or "")
            and not (has_tag_as_serial and _SERIES.fullmatch(serial or ""))
        )
        numbers: tuple[str, ...] = (number,) if usable else ()
        if second and second != number and second not in ignored and not identifies_nothing(second):
            numbers = (*numbers, second)
        tag_as_number = "" if numbers or not tag else self._tag_as_number(tag, written_tag or "")
        tag = tag if len(tag) > 2 and not tag.isalpha() else ""
        scope = (
            self._decisions.tag_scope(row.source, row.organisation)
            if tag and self._decisions.tag_scopes
            else None
        )
        return CanonicalRecord(
            row.id,
            row.source,
            numbers,
            second,
            readings(number, family) if usable else (),
            tag_as_number,
            tag,
            scope,
            has_tag_as_serial,
            words_in(serial or "", number) if usable else 0,
            host,
            card,
            family,
            model,
            is_virtual(family=family, model=written_model, number=number, card=card),
            bought.toordinal() if bought else 0,
            ends.toordinal() if ends else 0,
        )

    def _family(self, maker: str | None) -> str:
        family = self._families.get(maker)
        if family is None:
            family = self._families[maker] = maker_family(maker)
        return family

    def _model(self, written: str, family: str) -> Model:
        model = self._models.get((written, family))
        if model is None:
            model = self._models[written, family] = model_words(written, family)
        return model

    def _tag_as_number(self, tag: str, written: str) -> str:
        """The tag, if it may be a serial number: none of the numbered series that companies print on labels."""
        if len(tag) < _TAG_AS_NUMBER_LENGTH or not is_mixed(tag) or _SERIES.fullmatch(written):
            return ""
        if tag in self._decisions.ignored_numbers or identifies_nothing(tag, written):
            return ""
        return tag
