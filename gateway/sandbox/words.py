"""Names, places, makers and sentences that the made-up company is put together from."""

from typing import NamedTuple


class Place(NamedTuple):
    """Where one of the company's sites is."""

    name: str
    code: str
    address: str
    city: str
    region: str
    country: str
    postal_code: str
    timezone: str
    dialling: str


class Model(NamedTuple):
    """A product that is bought. In the form `serial`, `#` is a digit, `?` a capital, `@` one of both."""

    kind: str
    manufacturer: str
    name: str
    price: int
    serial: str
    oui: str  # the maker's half of the MAC address; empty where the thing has no network


PLACES = (
    Place(
        "Head Office",
        "LDS",
        "14 Wellington Street",
        "Leeds",
        "West Yorkshire",
        "United Kingdom",
        "LS1 4LT",
        "Europe/London",
        "+44 113 496",
    ),
    Place(
        "Data Centre Gent-Zeehaven",
        "GNT",
        "Skaldenstraat 121",
        "Gent",
        "Oost-Vlaanderen",
        "Belgium",
        "9042",
        "Europe/Brussels",
        "+32 9 395",
    ),
    Place(
        "Büro München",
        "MUC",
        "Kühbachstraße 7",
        "München",
        "Bayern",
        "Germany",
        "81543",
        "Europe/Berlin",
        "+49 89 5550",
    ),
    Place(
        "Biuro Kraków",
        "KRK",
        "ul. Świętego Filipa 23/4",
        "Kraków",
        "Małopolskie",
        "Poland",
        "31-150",
        "Europe/Warsaw",
        "+48 12 555",
    ),
    Place(
        "Bureau de Montréal",
        "YUL",
        "4200, boul. Saint-Laurent, bureau 910",
        "Montréal",
        "Québec",
        "Canada",
        "H2W 2R2",
        "America/Toronto",
        "+1 514 555",
    ),
    Place(
        "Austin Lab",
        "AUS",
        "701 Brazos Street",
        "Austin",
        "Texas",
        "United States",
        "78701",
        "America/Chicago",
        "+1 512 555",
    ),
    Place(
        "Singapore Office",
        "SIN",
        "8 Marina Boulevard, #11-02",
        "Singapore",
        "",
        "Singapore",
        "018981",
        "Asia/Singapore",
        "+65 6555",
    ),
    Place(
        "Warehouse \"O'Hara's Yard\"",
        "WHS",
        "Unit 3, O'Hara's Yard",
        "Bradford",
        "West Yorkshire",
        "United Kingdom",
        "BD3 9TT",
        "Europe/London",
        "+44 1274 496",
    ),
)

FIRST_NAMES = (
    "Sarah", "Amélie", "Łukasz", "Jürgen", "Oluwaseun", "Mei Ling", "Siobhán", "José", "Björn", "Zoë",
    "Priya", "François", "Małgorzata", "Håkon", "Thomas", "Grace", "Dmytro", "Aoife", "Rajesh", "Chloé",
    "Karolína", "Tariq", "Ingrid", "Wei", "Anne-Sophie", "Daniel", "Fatima", "Nguyễn", "Ruth", "Søren",
    "Joanna", "Marek", "Leïla", "Peter", "Yuki", "Camille", "Owen", "Beatriz", "Ivan", "Hannah",
)  # fmt: skip

LAST_NAMES = (
    "Chen", "O'Brien", "Müller", "Kowalczyk", "Tremblay", "Nowak-Wiśniewska", "D'Angelo", "Tan",
    "García Márquez", "Ødegård", "Smith", "Patel", "Lefèvre", "van den Bossche", "Żółkiewski", "Adeyemi",
    "Ní Dhomhnaill", "Fischer", "Brown", "Strauß", "Lim", "Desjardins", "Okonkwo", "Hughes", "Čapek",
    "Rahman", "Schneider", "McAllister", "Peeters", "Wójcik", "Johnson", "Goh", "Bélanger", "Martínez",
    "Taylor", "Hoffmann", "Đặng", "Walker", "Featherstonehaugh-Wolfeschlegelsteinhausen", "Ito",
)  # fmt: skip

MODELS = (
    Model("Laptop", "Apple", "MacBook Pro 16 M3 Max", 3499, "C02????#####", "3C:06:30"),
    Model("Laptop", "Apple", "MacBook Air 13 M2", 1299, "FVF@@@@@@@@@", "F0:2F:4B"),
    Model("Laptop", "Dell", "Latitude 7440", 1450, "@@@@@@3", "E4:B9:7A"),
    Model("Laptop", "Dell", "XPS 15 9530", 2190, "@@@@@@2", "E4:B9:7A"),
    Model("Laptop", "Lenovo", "ThinkPad T14 Gen 4", 1380, "PF-@@@@@@", "8C:8C:AA"),
    Model("Laptop", "Lenovo", "ThinkPad X1 Carbon Gen 11", 1890, "PF-@@@@@@", "8C:8C:AA"),
    Model("Laptop", "HP", "EliteBook 840 G10", 1520, "5CG#####@@", "50:81:40"),
    Model("Desktop", "HP", "Z2 Mini G9 Workstation", 1760, "CZC#####@@", "50:81:40"),
    Model("Desktop", "Dell", "OptiPlex 7010 Micro", 840, "@@@@@@1", "E4:B9:7A"),
    Model("Desktop", "Fujitsu", "ESPRIMO Q7012", 790, "YMKP######", "4C:52:62"),
    Model("Server", "BTO", "Apollo 2U dual EPYC", 11890, "C#########??????", "AC:1F:6B"),
    Model("Server", "BTO", "Rack 1U Xeon Silver", 6240, "C#########??????", "AC:1F:6B"),
    Model("Server", "Supermicro", "SYS-620C-TN12R", 9450, "S######X#######", "3C:EC:EF"),
    Model("Server", "Dell", "PowerEdge R750", 12300, "@@@@@@4", "B0:7B:25"),
    Model("Printer", "Brother", "MFC-L8900CDW", 520, "E#####?#N######", "00:80:77"),
    Model("Printer", "Ricoh", "IM C3010", 4100, "3###?######", "58:38:79"),
    Model("Phone", "Samsung", "Galaxy S23", 799, "R5C??#####@", ""),
    Model("Phone", "Apple", "iPhone 15", 899, "F#@@@@@@@@", ""),
    Model("Switch", "Cisco", "Catalyst 9200L-48P-4G", 3980, "FOC####@@@@", "70:35:09"),
    Model("Switch", "HPE Aruba", "2930F-24G PoE+", 1990, "CN##HKX###", "88:3A:30"),
    Model("Monitor", "Dell", "UltraSharp U2723QE", 579, "CN-0@@@@@-WSL00-###-@@@L-A00", ""),
    Model("Monitor", "LG", "32UN880-B Ergo", 649, "###NT?????####", ""),
)  # fmt: skip

KIND_WEIGHTS = {
    "Laptop": 36, "Desktop": 12, "Server": 18, "Printer": 5, "Phone": 12, "Switch": 6, "Monitor": 13,
}  # fmt: skip

PLACEHOLDER_SERIALS = ("N/A", "To be filled by O.E.M.", "Default string", "System Serial Number", "")

NOTES = (
    "Screen has a scratch, lower left.",
    "Spare charger in the drawer of desk 14.",
    "Übergabe am Empfang; Schlüssel liegt bei Fr. Strauß.",
    "Réparé en mars, carte mère remplacée.",
    'Asset label says "do not move", ask first.',
    "Two lines:\nsecond one, with a comma",
    "Loan device, return before leaving.",
)

SUBJECTS = (
    ("Incident", "{kind} does not start", "It beeps three times and the light turns amber."),
    ("Incident", "Battery of {name} swells", "The case does not close any more. I took it off the charger."),
    ("Incident", "{name} is slow since the update", "Opening a spreadsheet takes about two minutes."),
    (
        "Incident",
        "No network on {name}",
        "The cable is fine, a colleague's machine works at the same socket.",
    ),
    ("Incident", "Fan noise: {name}", "Seems to come from the left side; louder after lunch."),
    ("Service request", "Replace {name} before its warranty ends", "Please plan this with the team."),
    ("Service request", "More memory for {name}", "Builds run out of memory: 32 GB would do."),
    ("Question", "Who may use {name}?", "The label has no owner on it."),
)

PLAIN_SUBJECTS = (
    ("Service request", "Access to the “Zürich” shared folder", "Read only is enough."),
    ("Service request", "New starter on Monday", "Needs an account, a badge and a laptop."),
    ("Question", "How do I print in colour?", "The dialogue shows black and white only."),
    ("Incident", "VPN drops every 10 minutes", "From home only, on both networks & with two devices."),
    ("Change", "Open port 8443 for the test cluster", "Until the end of the quarter."),
    ("Incident", "Réunion : l'écran de la salle « Érable » reste noir", "Depuis ce matin."),
    ("Service request", "Ordner für Projekt Grünfink anlegen", "Bitte mit den üblichen Rechten."),
)
