"""
Made-up estates with their truth: five vendors, six sources, and the traps that identity must not fall into. All of
it follows from the seed.
"""

import random
import string
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from msgspec.structs import replace as replace_row

from gateway.identity.record import IdentityRecord

SHARED_TAGS = ["tether", "halo/Pine & Sons", "revnue"]
_ALNUM = string.ascii_uppercase + string.digits
_HEX = "0123456789ABCDEF"
_MAKERS = {
    "Dell": (
        ("Latitude 7450", "Latitude 5440", "Precision 5680", "OptiPlex 7010", "XPS 13"),
        ("Dell", "Dell Inc.", "DELL", "Dell Technologies"),
    ),
    "Lenovo": (
        ("ThinkPad T14s", "ThinkPad L13", "ThinkCentre M70q", "ThinkPad X1 Carbon"),
        ("Lenovo", "LENOVO", "Lenovo IdentityGroup Ltd."),
    ),
    "HP": (
        ("EliteBook 840", "ZBook Firefly", "EliteDesk 800", "ProDesk 400"),
        ("HP", "hp", "Hewlett-Packard", "HP Inc."),
    ),
    "Apple": (("MacBook Pro 16", "MacBook Air 13", "Mac mini", "iMac 24"), ("Apple", "Apple Inc.")),
    "HPE": (
        ("ProLiant DL380", "ProLiant DL360", "ProLiant ML30"),
        ("HPE", "Hewlett Packard Enterprise", "HP"),
    ),
    "Vexa": (("VX-2210", "VX-2240", "VX-900"), ("Vexa", "VEXA B.V.", "vexa")),
    "Fujitsu": (("BX924", "RX2530", "LIFEBOOK U7413"), ("Fujitsu", "FUJITSU", "Fujitsu Ltd.")),
    "Canon": (("TM-340", "TM-350", "iR C3226"), ("Canon", "CANON INC.")),
    "APC": (
        ("SMT1500", "SMT2200", "SRT3000"),
        ("APC", "American Power Conversion", "APC by Schneider Electric"),
    ),
    "Juniper": (("EX2300", "EX3400", "SRX300"), ("Juniper", "Juniper Networks")),
    "Eizo": (("EV2495", "EV2781", "CS2740"), ("Eizo", "EIZO")),
    "Honeywell": (("CT47", "CT30", "PM45"), ("Honeywell", "Honeywell International")),
    "Acer": (("C734", "Spin 513", "TravelMate P4"), ("Acer", "ACER Inc.")),
}
_WITH_HOST = {"Dell", "Lenovo", "HP", "Apple", "HPE", "Vexa", "Fujitsu", "Juniper", "Acer"}
_PLACEHOLDERS = (
    "To be filled by O.E.M.",
    "Default string",
    "N/A",
    "0000000",
    "System Serial Number",
    "123456789",
    "None",
    "xxxxxxx",
    "-",
)
_PHRASES = (
    "RENTAL POOL",
    "siehe Aufkleber",
    "ask Bob",
    "LEASING 2023",
    "see invoice 4711",
    "POOL-DEVICE-7",
    "not readable",
    "BORROWED77",
    "Lager 12",
    "K-NR-FEHLT-0815",
    "X9 UNBEKANNT 22 B",
    "GERAET0001A",
)
_SITES = ("BER", "MUC", "HAM", "AMS", "VIE")


@dataclass(frozen=True)
class Thing:
    """A device as it is."""

    number: int
    maker: str
    model: str
    serial: str
    tag: str
    host: str
    card: str
    bought: date
    warranty_end: date
    tenant: str  # "pine" | "south"
    assembly: str = ""


@dataclass
class Estate:
    """Records, the device that each is of, and pairs that carry enough to be decided."""

    records: list[IdentityRecord] = field(default_factory=list)
    thing_of: dict[str, int] = field(default_factory=dict)
    sound: set[str] = field(
        default_factory=set
    )  # ids of records that show their device's own number, readable
    traps: dict[str, str] = field(default_factory=dict)


def _changed(**changes: Any) -> dict[str, Any]:
    return changes


class EstateMaker:
    """Makes one estate."""

    def __init__(self, seed: int, devices: int) -> None:
        self._random = random.Random(seed)
        self._devices = devices
        self._estate = Estate()
        self._next = dict.fromkeys(("s3s", "tether", "fiwit", "halo", "revnue", "southdesk"), 0)
        self._series = self._random.choice(("EQ-", "AT", "IT-", "PS "))
        self._phrases = self._random.sample(_PHRASES, 8)
        self._things = 0

    def make(self) -> Estate:
        while self._things < self._devices:
            self._random.choices(
                (
                    self._plain,
                    self._clones,
                    self._dock,
                    self._board,
                    self._reused_number,
                    self._replacement,
                    self._blades,
                    self._copy,
                    self._tenants,
                    self._tag_as_serial,
                    self._serial_as_tag,
                    self._junk,
                    self._placeholder,
                    self._look_alike,
                    self._zeros,
                    self._twice,
                    self._short,
                    self._built,
                    self._label,
                    self._no_serial,
                ),
                (55, 1, 2, 2, 2, 3, 1, 2, 3, 2, 2, 4, 3, 1, 2, 2, 2, 4, 10, 4),
            )[0]()
        self._random.shuffle(self._estate.records)
        return self._estate

    # -------------------------------------------------------------------------------------------------------- things

    def _thing(self, makers: list[str] | None = None, tenant: str = "pine") -> Thing:
        rnd = self._random
        self._things += 1
        maker = rnd.choice(makers or list(_MAKERS))
        bought = date(2019, 1, 1) + timedelta(days=rnd.randrange(2400))
        number = self._things
        return Thing(
            number=number,
            maker=maker,
            model=rnd.choice(_MAKERS[maker][0]),
            serial=self._serial(maker),
            tag=f"{self._series}{number + (70000 if tenant == 'pine' else 69000 - 37 * 20):05}",
            host=f"{rnd.choice(('nb', 'ws', 'srv', 'pc'))}-{rnd.choice(_SITES).lower()}-{number:05}"
            if maker in _WITH_HOST
            else "",
            card="".join(rnd.choice(_HEX[::2]) if digit == 1 else rnd.choice(_HEX) for digit in range(12)),
            bought=bought,
            warranty_end=bought + timedelta(days=365 * rnd.choice((2, 3, 5))),
            tenant=tenant,
        )

    def _serial(self, maker: str) -> str:
        rnd = self._random
        match maker:
            case "Dell":
                return rnd.choice("123456789BCDFGHJ") + self._text(6)
            case "Lenovo":
                return rnd.choice(("PF", "MJ", "R9", "PC")) + self._text(6)
            case "HP" | "HPE":
                return (
                    rnd.choice(("5CG", "4CE", "CZC", "8CC"))
                    + self._digits(4)
                    + self._text(3, string.ascii_uppercase)
                )
            case "Apple":
                return rnd.choice("CFDG") + self._text(rnd.choice((9, 10, 11)))
            case "Canon" | "Honeywell":
                return self._digits(8)
            case "APC":
                return rnd.choice(("AS", "5A")) + self._digits(10)
            case _:
                return (
                    self._text(2, string.ascii_uppercase)
                    + self._digits(3)
                    + self._text(rnd.choice((4, 5, 6)))
                )

    def _text(self, length: int, letters: str = _ALNUM) -> str:
        return "".join(self._random.choice(letters) for _ in range(length))

    def _digits(self, length: int) -> str:
        return self._random.choice("123456789") + self._text(length - 1, string.digits)

    # ------------------------------------------------------------------------------------------------------- writing

    def _write(self, serial: str) -> str:
        rnd = self._random
        match rnd.randrange(12):
            case 0:
                return serial.lower()
            case 1:
                return f"S/N: {serial}"
            case 2:
                return f"{serial[:2]}-{serial[2:]}"
            case 3:
                return f" {serial[:4]} {serial[4:]}"
            case 4:
                return "".join(chr(ord(letter) + 0xFEE0) for letter in serial)
            case 5:
                return f"{serial[:3]}\u200b{serial[3:]}\u00a0"
            case 6:
                return rnd.choice(("Serial No. ", "SN:", "S/N ", "Serial Number: ")) + serial
        return serial

    def _model(self, thing: Thing) -> str:
        rnd = self._random
        roll = rnd.random()
        if roll < 0.15:
            return f"{_MAKERS[thing.maker][1][0]} {thing.model}"
        if roll < 0.3 and " " in thing.model:
            return thing.model.split(" ", 1)[1]
        return thing.model.lower() if roll < 0.4 else thing.model

    def _add(
        self, thing: Thing, source: str, *, trap: str = "", sound: bool = True, **changes: Any
    ) -> IdentityRecord:
        rnd = self._random
        self._next[source] += 1
        row = IdentityRecord(
            id=f"{source}:Asset:{self._next[source]}", source=source, serial_number=self._write(thing.serial)
        )
        maker = rnd.choice(_MAKERS[thing.maker][1])
        model = self._model(thing)
        host = rnd.choice((thing.host, thing.host.upper()))
        near = timedelta(days=rnd.randrange(-3, 4))
        match source:
            case "s3s":
                row = replace_row(
                    row,
                    model=model,
                    name=thing.host or thing.assembly,
                    secondary_serial_number=thing.assembly,
                    manufacturer=rnd.choice((None, "S3S")),
                )
            case "tether" | "southdesk":
                row = replace_row(
                    row,
                    asset_tag=thing.tag,
                    name=thing.model.split()[0],
                    manufacturer=maker,
                    model=model,
                    purchase_date=thing.bought,
                    warranty_end=rnd.choice((thing.warranty_end, None)),
                )
            case "fiwit":
                row = replace_row(
                    row,
                    name=rnd.choice((host, f"Laptop {host}", host)) or f"{thing.model} {rnd.randrange(9)}",
                    manufacturer=rnd.choice((maker, None)),
                    model=rnd.choice((model, model, None)),
                    mac_address=rnd.choice((thing.card, None)) if thing.host else None,
                )
            case "halo":
                row = replace_row(
                    row,
                    asset_tag=rnd.choice((thing.tag, thing.tag, None)),
                    name=host or thing.model,
                    manufacturer=rnd.choice((maker, maker, None)),
                    model=rnd.choice((model, model, None)),
                    organisation="Pine & Sons" if thing.tenant == "pine" else "South Desk",
                    purchase_date=rnd.choice((thing.bought + near, None)),
                    mac_address=rnd.choice((":".join(thing.card[i : i + 2] for i in range(0, 12, 2)), None))
                    if thing.host
                    else None,
                )
            case "revnue":
                row = replace_row(
                    row,
                    asset_tag=rnd.choice((thing.tag, None)),
                    name=f"{thing.model} of {rnd.choice(('Ann', 'Bob', 'Cem'))}",
                    manufacturer=rnd.choice((maker, maker, None)),
                    warranty_end=thing.warranty_end + near,
                )
        row = replace_row(row, **changes)
        self._estate.records.append(row)
        self._estate.thing_of[row.id] = thing.number
        if sound:
            self._estate.sound.add(row.id)
        if trap:
            self._estate.traps[row.id] = trap
        return row

    def _sources(self, thing: Thing, least: int = 1) -> list[str]:
        if thing.tenant == "south":
            return ["southdesk"] + (["halo"] if self._random.random() < 0.5 else [])
        pool = ["tether", "fiwit", "halo", "revnue"]
        return self._random.sample(pool, self._random.randint(least, 4))

    # --------------------------------------------------------------------------------------------------------- traps

    def _plain(self) -> None:
        thing = self._thing()
        for source in self._sources(thing):
            self._add(thing, source)

    def _clones(self) -> None:
        serial = f"VMware-42 0a {self._text(2, '0123456789abcdef')} {self._text(8, '0123456789abcdef')}"
        card = "005056" + self._text(6, _HEX)
        for _ in range(self._random.randint(2, 5)):
            thing = self._thing(["Vexa"])
            thing = replace(thing, host=f"vm-{thing.number}")
            for source in ("halo", "fiwit"):
                self._add(
                    thing,
                    source,
                    trap="clone",
                    sound=False,
                    serial_number=serial,
                    manufacturer="VMware, Inc.",
                    model=None,
                    mac_address=card,
                    asset_tag=None,
                    name=thing.host,
                )

    def _dock(self) -> None:
        card = "A02919" + self._text(6, _HEX)
        for _ in range(2):
            thing = self._thing(["Dell", "HP", "Lenovo"])
            for source in self._random.sample(("fiwit", "halo"), self._random.randint(1, 2)):
                self._add(
                    thing,
                    source,
                    trap="dock",
                    mac_address=card,
                    serial_number=self._random.choice((None, self._write(thing.serial))),
                    sound=False,
                )
        if self._random.random() < 0.5:
            dock = self._thing(["HP", "Dell"])
            self._add(
                dock,
                "fiwit",
                trap="dock",
                name=f"DOCK-{thing.serial}",
                serial_number=None,
                model="USB-C dock",
                manufacturer=thing.maker,
                sound=False,
            )

    def _board(self) -> None:
        thing = self._thing(["Dell", "Vexa", "HP", "Lenovo"])
        swapped = replace(thing, serial=self._serial(thing.maker))
        for source in self._sources(thing, 2):
            self._add(self._random.choice((thing, swapped)), source, trap="board", sound=False)

    def _reused_number(self) -> None:
        makers = self._random.sample(["Canon", "APC", "Juniper", "Eizo", "Honeywell"], 2)
        serial = self._digits(self._random.choice((8, 9)))
        for maker in makers:
            thing = replace(self._thing([maker]), serial=serial)
            for source in self._sources(thing):
                self._add(thing, source, trap="reused", sound=False)

    def _replacement(self) -> None:
        """A new device took over tag and host name."""
        old = self._thing(["Dell", "Lenovo", "HP", "Apple"])
        later = old.bought + timedelta(days=self._random.randrange(800, 1500))
        old = replace(old, warranty_end=old.bought + timedelta(days=1095))
        new = replace(
            self._thing([old.maker]),
            tag=old.tag,
            host=old.host,
            bought=later,
            warranty_end=later + timedelta(days=1095),
        )
        if self._random.random() < 0.5:
            new = replace(new, model=old.model)
        for source in self._random.sample(("tether", "fiwit", "revnue"), self._random.randint(1, 2)):
            missing = source == "tether" and self._random.random() < 0.4
            self._add(
                old,
                source,
                trap="replacement",
                sound=not missing,
                **({"serial_number": None, "warranty_end": old.warranty_end} if missing else {}),
            )
        for source in self._random.sample(("halo", "fiwit", "revnue"), self._random.randint(1, 2)):
            missing = source == "halo" and self._random.random() < 0.2
            changes: dict[str, Any] = (
                {"serial_number": None, "purchase_date": later, "model": new.model} if missing else {}
            )
            if source == "halo":
                changes |= {"purchase_date": later}
            self._add(new, source, trap="replacement", sound=not missing, **changes)

    def _blades(self) -> None:
        serial = "ENC" + self._digits(6) + self._text(1)
        enclosure = replace(self._thing(["Fujitsu"]), serial=serial, model="BX900")
        for source in self._random.sample(("tether", "halo"), self._random.randint(1, 2)):
            self._add(enclosure, source, trap="blade", sound=False)
        for _ in range(self._random.randint(2, 6)):
            blade = replace(self._thing(["Fujitsu"]), serial=serial, model="BX924")
            for source in ("halo", "fiwit"):
                self._add(blade, source, trap="blade", sound=False, name=blade.host)

    def _copy(self) -> None:
        original = self._thing(["Dell", "HP", "Lenovo"])
        copy = self._thing([original.maker])
        copy = replace(copy, model=original.model)
        for source in sorted({"fiwit", *self._sources(original)}):
            self._add(original, source, trap="copy", sound=False)
        self._add(copy, "fiwit", trap="copy", sound=False, serial_number=self._write(original.serial))
        for source in self._random.sample(("halo", "revnue", "tether"), 1):
            self._add(copy, source, trap="copy", sound=False)

    def _tenants(self) -> None:
        pine = self._thing()
        south = replace(self._thing(tenant="south"), tag=pine.tag)
        if self._random.random() < 0.5:
            south = replace(south, maker=pine.maker, model=pine.model, serial=self._serial(pine.maker))
        for thing in (pine, south):
            for source in self._sources(thing):
                missing = self._random.random() < 0.5
                self._add(
                    thing,
                    source,
                    trap="tenant",
                    sound=not missing,
                    **({"serial_number": None} if missing else {}),
                )

    def _tag_as_serial(self) -> None:
        pine = self._thing()
        south = replace(self._thing([pine.maker], tenant="south"), tag=pine.tag, model=pine.model)
        for thing in (pine, south):
            for source in self._sources(thing):
                typed = source in {"tether", "southdesk", "fiwit"}
                self._add(
                    thing,
                    source,
                    trap="tag as serial",
                    sound=not typed,
                    **({"serial_number": thing.tag} if typed else {}),
                )

    def _serial_as_tag(self) -> None:
        thing = self._thing(["Acer", "Dell", "Lenovo", "Vexa"])
        self._add(thing, "tether", trap="serial as tag", asset_tag=thing.serial, serial_number=None)
        for source in self._random.sample(("halo", "fiwit", "revnue"), 2):
            self._add(thing, source)

    def _junk(self) -> None:
        phrase = self._random.choice(self._phrases)
        thing = self._thing()
        for source in self._sources(thing):
            junk = self._random.random() < 0.7
            self._add(
                thing,
                source,
                trap="junk",
                sound=not junk,
                **({"serial_number": self._random.choice((phrase, phrase.lower()))} if junk else {}),
            )

    def _placeholder(self) -> None:
        thing = self._thing()
        for source in self._sources(thing):
            junk = self._random.random() < 0.7
            self._add(
                thing,
                source,
                trap="placeholder",
                sound=not junk,
                **({"serial_number": self._random.choice(_PLACEHOLDERS)} if junk else {}),
            )

    def _look_alike(self) -> None:
        thing = self._thing(["HP"])
        thing = replace(thing, serial=thing.serial[:4] + "0" + thing.serial[5:])
        twin = replace(
            self._thing(["HP"]), model=thing.model, serial=thing.serial[:4] + "O" + thing.serial[5:]
        )
        for device in (thing, twin):
            for source in self._sources(device):
                self._add(device, source, trap="look-alike")

    def _zeros(self) -> None:
        thing = replace(self._thing(["Honeywell"]), serial="00" + self._digits(8))
        for source in self._sources(thing, 2):
            eaten = source == "revnue"
            self._add(
                thing,
                source,
                trap="zeros",
                sound=not eaten,
                **({"serial_number": thing.serial.lstrip("0")} if eaten else {}),
            )

    def _twice(self) -> None:
        thing = self._thing()
        for source in self._sources(thing):
            self._add(thing, source, trap="twice")
        self._add(thing, "tether", trap="twice", asset_tag=f"{thing.tag}-B")

    def _short(self) -> None:
        serial = self._digits(self._random.choice((4, 5, 6)))
        for _ in range(2):
            thing = replace(self._thing(["Eizo", "Vexa", "Juniper"]), serial=serial)
            for source in self._sources(thing):
                self._add(thing, source, trap="short", sound=False)

    def _built(self) -> None:
        thing = self._thing(["Vexa"])
        thing = replace(thing, assembly=f"VB.{self._random.randint(2018, 2026)}.{thing.number:03}")
        self._add(thing, "s3s", trap="built")
        for source in self._sources(thing):
            by_assembly = source == "revnue" and self._random.random() < 0.6
            self._add(
                thing,
                source,
                trap="built",
                **(_changed(serial_number=thing.assembly.lower()) if by_assembly else {}),
            )

    def _label(self) -> None:
        thing = self._thing(["Dell", "Lenovo", "HP", "Apple"])
        match thing.maker:
            case "Dell":
                form = str(int(thing.serial, 36))
            case "Lenovo":
                form = (
                    self._random.choice(("1S", ""))
                    + "20"
                    + self._text(2)
                    + self._random.choice(("CTO1WW", self._text(3)))
                    + thing.serial
                )
            case "HP":
                form = f"{thing.serial} {self._random.choice('123456789')}{self._text(4)}EA#ABU"
            case _:
                form = f"S{thing.serial}"
        sources = self._sources(thing, 2)
        for source in sources:
            wrapped = source == sources[0]
            changes: dict[str, Any] = {"serial_number": form} if wrapped else {}
            if wrapped or source == sources[1]:
                changes["manufacturer"] = self._random.choice(_MAKERS[thing.maker][1])
            self._add(thing, source, trap="label", **changes)

    def _no_serial(self) -> None:
        thing = self._thing()
        for source in self._sources(thing):
            missing = self._random.random() < 0.6
            self._add(
                thing,
                source,
                trap="no serial",
                sound=not missing,
                **({"serial_number": None} if missing else {}),
            )
