"""Makes up the company: the same one for the same seed and size, byte for byte."""

import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from string import ascii_uppercase, digits

from gateway.sandbox import words
from gateway.sandbox.company import Company, Device, Person, Site, TicketItem

NOW = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
VENDORS = ("fiwit", "halo", "revnue", "s3s", "tether")
PEOPLE = 120
TECHNICIANS = 8

_PLAIN_LETTERS = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "ß": "ss", "đ": "d", "Đ": "D"})


def make_company(*, seed: int = 1, assets: int = 400) -> Company:
    """The company with `assets` devices and half as many tickets. Pure: equal arguments, equal company."""
    if assets < 1:
        message = f"a company needs at least 1 asset, not {assets}"
        raise ValueError(message)
    chance = dice(seed)
    sites = tuple(_site(number, place) for number, place in enumerate(words.PLACES, 1))
    people = _people(chance, sites)
    devices = _devices(chance, people, assets)
    return Company(
        name="Brambling Analytics",
        seed=seed,
        now=NOW,
        sites=sites,
        people=people,
        devices=devices,
        tickets=_tickets(chance, people, devices, max(1, assets // 2)),
    )


def dice(*about: object) -> Random:
    """Chance that falls the same way each time for the same subject."""
    return Random("/".join(map(str, about)))


def written(serial: str, vendor: str, number: int) -> str:
    """
    How somebody typed this serial number into that vendor's system, for device `number`.

    Letters' case and blanks vary, dots and dashes stay; placeholders are left alone.

    >>> {written("C02XL123456", "tether", number) for number in range(6)} >= {"C02XL123456", "c02xl123456"}
    True
    """
    if serial in words.PLACEHOLDER_SERIALS:
        return serial
    if vendor not in VENDORS:
        message = f"no such vendor: {vendor}"
        raise ValueError(message)
    hand = (number + 5 * VENDORS.index(vendor)) % 12
    if hand == 6:
        return " ".join(serial[start : start + 4] for start in range(0, len(serial), 4))
    hands = {
        1: serial.lower(),
        2: serial.lower(),
        4: f"{serial} ",
        8: f" {serial}",
        11: f"{serial.capitalize()}  ",
    }
    return hands.get(hand, serial)


def _site(number: int, place: words.Place) -> Site:
    return Site(
        number=number,
        name=place.name,
        code=place.code,
        address=place.address,
        city=place.city,
        region=place.region,
        country=place.country,
        postal_code=place.postal_code,
        timezone=place.timezone,
    )


def _people(chance: Random, sites: Sequence[Site]) -> tuple[Person, ...]:
    pairs = [(first, last) for first in words.FIRST_NAMES for last in words.LAST_NAMES]
    people = []
    for number, (first, last) in enumerate(chance.sample(pairs, PEOPLE), 1):
        site = chance.choices(range(1, len(sites) + 1), weights=(30, 8, 16, 16, 12, 10, 10, 4))[0]
        dialling = words.PLACES[site - 1].dialling
        people.append(
            Person(
                number=number,
                first_name=first,
                last_name=last,
                email=f"{_mail_part(first)}.{_mail_part(last)}@brambling.example",
                phone=None if chance.random() < 0.15 else f"{dialling} {chance.randrange(10_000):04}",
                role="technician" if number <= TECHNICIANS else "employee",
                site=site,
            )
        )
    return tuple(people)


def _mail_part(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.translate(_PLAIN_LETTERS)).encode("ascii", "ignore").decode()
    return plain.lower().replace(" ", "-").replace("'", "")


def _devices(chance: Random, people: Sequence[Person], count: int) -> tuple[Device, ...]:
    by_kind = {kind: [model for model in words.MODELS if model.kind == kind] for kind in words.KIND_WEIGHTS}
    kinds = chance.choices(list(by_kind), weights=list(words.KIND_WEIGHTS.values()), k=count)
    taken: set[str] = set()
    of_kind = dict.fromkeys(by_kind, 0)
    devices = []
    for number, kind in enumerate(kinds, 1):
        of_kind[kind] += 1
        model = chance.choice(by_kind[kind])
        serial = _serial(chance, model.serial, taken, number)
        devices.append(_device(chance, people, number, model=model, serial=serial, rank=of_kind[kind]))
    return tuple(devices)


def _serial(chance: Random, form: str, taken: set[str], number: int) -> str:
    if number % 67 == 0:
        return ""
    if number % 41 == 0:
        return words.PLACEHOLDER_SERIALS[number // 41 % len(words.PLACEHOLDER_SERIALS)]
    letters = {"#": digits, "?": ascii_uppercase, "@": digits + ascii_uppercase}
    while True:
        serial = "".join(chance.choice(letters[sign]) if sign in letters else sign for sign in form)
        if serial not in taken:
            taken.add(serial)
            return serial


def _device(
    chance: Random, people: Sequence[Person], number: int, *, model: words.Model, serial: str, rank: int
) -> Device:
    state = chance.choices(("available", "deployed", "maintenance", "retired"), weights=(18, 66, 6, 10))[0]
    personal = model.kind in {"Laptop", "Desktop", "Phone", "Monitor"}
    holder = None
    if state == "deployed" and (personal or chance.random() < 0.4):
        holder = chance.choice(people if personal else people[:TECHNICIANS])
    site = holder.site if holder else chance.randrange(len(words.PLACES)) + 1
    age = timedelta(days=chance.randrange(1500, 2800) if state == "retired" else chance.randrange(20, 2300))
    bought = (NOW - age).date()
    created = datetime.combine(bought, datetime.min.time(), UTC) + timedelta(
        days=chance.randrange(1, 10), milliseconds=chance.randrange(25_000_000, 63_000_000)
    )
    return Device(
        number=number,
        name=_name(model, serial, holder=holder, site=site, rank=rank),
        asset_tag=f"{'SRV' if model.kind == 'Server' else 'IT'}-{number:04}",
        serial_number=serial,
        kind=model.kind,
        manufacturer=model.manufacturer,
        model=model.name,
        state=state,
        site=site,
        holder=holder.number if holder else None,
        purchase_date=None if chance.random() < 0.05 else bought,
        purchase_cost=_cost(chance, model.price),
        warranty_end=_warranty_end(chance, bought),
        ip_address=f"10.{site}.{number // 250 % 250}.{number % 250 + 2}"
        if model.oui and state != "retired"
        else None,
        mac_address=f"{model.oui}:{chance.randrange(256):02X}:{number // 256 % 256:02X}:{number % 256:02X}"
        if model.oui
        else None,
        notes=chance.choice(words.NOTES) if chance.random() < 0.2 else "",
        created_at=created,
        updated_at=created + (NOW - created) * chance.random(),
        vendors=_vendors(chance, model.kind, state),
    )


def _name(model: words.Model, serial: str, *, holder: Person | None, site: int, rank: int) -> str:
    code = words.PLACES[site - 1].code
    if model.kind == "Server":
        return f"{code.lower()}-srv-{rank:03}.brambling.example"
    if model.kind == "Switch":
        return f"{code.lower()}-sw{rank:02}"
    if model.kind == "Laptop" and holder and rank % 3 == 0:
        return f"{model.name} ({holder.first_name}'s laptop)"
    if model.kind == "Printer":
        return f"{model.manufacturer} {model.name}, {words.PLACES[site - 1].city}"
    return (
        f"{model.kind} {serial[-6:].strip()}"
        if rank % 2 and len(serial) > 3
        else f"{model.manufacturer} {model.name}"
    )


def _cost(chance: Random, price: int) -> Decimal | None:
    if chance.random() < 0.06:
        return None
    return (Decimal(price) * chance.randrange(88, 113) / 100).quantize(Decimal("0.01"))


def _warranty_end(chance: Random, bought: date) -> date | None:
    return (
        None if chance.random() < 0.12 else bought + timedelta(days=365 * chance.choice((1, 2, 3, 3, 3, 5)))
    )


def _vendors(chance: Random, kind: str, state: str) -> frozenset[str]:
    """Which vendors know a device. Only servers are built to order (s3s); one device in eight all know."""
    every = ("tether", "fiwit", "halo", "revnue")
    if chance.random() < 0.12:
        known = set(every)
    elif kind == "Server":
        known = set(chance.sample(("halo", "revnue", "fiwit", "tether"), chance.choice((0, 1, 1, 2))))
    else:
        known = set(chance.choices(every, weights=(40, 28, 32, 18), k=chance.choice((1, 1, 2, 2, 3))))
    if kind == "Server":
        known.add("s3s")
    elif state == "retired" and len(known) == 1:
        known.add("halo")
    return frozenset(known)


def _tickets(
    chance: Random, people: Sequence[Person], devices: Sequence[Device], count: int
) -> tuple[TicketItem, ...]:
    two_years = timedelta(days=730)
    moments = sorted(NOW - two_years * chance.random() for _ in range(count))
    return tuple(
        _ticket(chance, people, devices, number=number, created=moment.replace(microsecond=0))
        for number, moment in enumerate(moments, 1)
    )


def _ticket(
    chance: Random, people: Sequence[Person], devices: Sequence[Device], *, number: int, created: datetime
) -> TicketItem:
    device = chance.choice(devices) if chance.random() < 0.65 else None
    holder = people[device.holder - 1] if device and device.holder else None
    requester = holder or chance.choice(people)
    kind, subject, description = chance.choice(words.SUBJECTS if device else words.PLAIN_SUBJECTS)
    age = NOW - created
    weights = (0, 1, 3, 8, 88) if age > timedelta(days=45) else (25, 30, 10, 20, 15)
    state = chance.choices(("new", "in progress", "on hold", "resolved", "closed"), weights=weights)[0]
    priority = chance.choices(("low", "medium", "high", "urgent"), weights=(25, 50, 18, 7))[0]
    done = state in {"resolved", "closed"}
    updated = created + (min(age, timedelta(days=30)) * chance.random() if state != "new" else timedelta())
    due_in = timedelta(days={"low": 20, "medium": 10, "high": 3, "urgent": 1}[priority])
    return TicketItem(
        number=number,
        subject=subject.format(kind=device.kind, name=device.name) if device else subject,
        description=description,
        state=state,
        priority=priority,
        kind=kind,
        requester=requester.number,
        assignee=None if state == "new" else chance.randrange(TECHNICIANS) + 1,
        device=device.number if device else None,
        site=device.site if device else requester.site,
        created_at=created,
        updated_at=updated.replace(microsecond=0),
        due_at=created + due_in if chance.random() < 0.8 else None,
        closed_at=updated.replace(microsecond=0) if done else None,
    )
